/**
 * Reads the answer to a bulk request, every item's own status.
 *
 * @module
 */
import { type Refusal, refusalKind, shortLine } from "./refusal.ts";

/** An item that was not taken. */
export interface RefusedItem {
  readonly item: number;
  readonly refusal: Refusal;
}

/** An answer that can't be read. */
export class GarbledBulkError extends Error {
  override readonly name = "GarbledBulkError";
}

interface ItemJson {
  readonly status?: unknown;
  readonly error?: { readonly type?: unknown; readonly reason?: unknown };
}

/** What a successful answer is asked to hold; commas and stars encoded. */
export const BULK_FILTER =
  "filter_path=errors%2Citems.%2A.status%2Citems.%2A.error.type%2Citems.%2A.error.reason";

function refusedItem(item: number, entry: unknown): RefusedItem | undefined {
  const [result] = Object.values((entry ?? {}) as Record<string, ItemJson>);
  const status = result?.status;
  if (typeof status !== "number") {
    throw new GarbledBulkError(`item ${item} has no status`);
  }
  if (status >= 200 && status < 300) return undefined;
  const type = String(result?.error?.type ?? "");
  const reason = shortLine(String(result?.error?.reason ?? ""));
  const kind = refusalKind({ status, type, reason });
  return { item, refusal: { kind, status, type, reason } };
}

const TAKEN_HEAD = Buffer.from('{"errors":false,"items":[');
const TAKEN_ITEM = Buffer.from('{"index":{"status":200}},');
/** Where the last digit of a status stands: 200 is updated, 201 created. */
const TAKEN_DIGIT = TAKEN_ITEM.indexOf("0}");
const TAKEN_TAIL = Buffer.from("]}");
const ZERO = 48;
const ONE = 49;

/**
 * Whether an answer says of each item that it was taken, in the very bytes in
 * which a cluster says so; an object for each would cost more than the rest of
 * the sink.
 */
function isAllTaken(bytes: Buffer, count: number): boolean {
  const stride = TAKEN_ITEM.length;
  const tailAt = TAKEN_HEAD.length + count * stride - 1;
  if (count < 1 || bytes.length !== tailAt + TAKEN_TAIL.length) return false;
  if (!bytes.subarray(0, TAKEN_HEAD.length).equals(TAKEN_HEAD)) return false;
  if (!bytes.subarray(tailAt).equals(TAKEN_TAIL)) return false;
  for (let i = 0, at = TAKEN_HEAD.length; at < tailAt; at++) {
    const byte = bytes[at];
    const isRight =
      i === TAKEN_DIGIT
        ? byte === ZERO || byte === ONE
        : byte === TAKEN_ITEM[i];
    if (!isRight) return false;
    i = i + 1 === stride ? 0 : i + 1;
  }
  return true;
}

/**
 * The items that were not taken.
 *
 * @param bytes The body of an answer of status 200.
 * @param count Items that were sent.
 * @throws {GarbledBulkError} Unless the answer has a status for each of them.
 */
export function refusedItems(bytes: Buffer, count: number): RefusedItem[] {
  if (isAllTaken(bytes, count)) return [];
  let json: { readonly items?: unknown };
  try {
    json = JSON.parse(bytes.toString("utf8")) as typeof json;
  } catch {
    throw new GarbledBulkError("it is no JSON");
  }
  const items = json?.items;
  if (!Array.isArray(items) || items.length !== count) {
    const found = Array.isArray(items) ? items.length : "no";
    throw new GarbledBulkError(`it has ${found} items for ${count}`);
  }
  const refused: RefusedItem[] = [];
  for (const [item, entry] of items.entries()) {
    const found = refusedItem(item, entry);
    if (found !== undefined) refused.push(found);
  }
  return refused;
}

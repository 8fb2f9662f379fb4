/**
 * How a part's bytes are to be read, told by its first ones.
 *
 * @module
 */
import type { FileFormat } from "../file_format.ts";
import { JsonTextSplitter } from "./json_text_kernel.ts";
import { rowFields, separatorOf } from "./row_fields.ts";
import { RowSplitter } from "./row_splitter.ts";

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const PARQUET = Buffer.from("PAR1");

/** First bytes that {@linkcode isParquet} wants to see. */
export const PARQUET_HEAD_BYTES = PARQUET.length;
const PACKED_NAME_REGEXP = /\.(gz|gzip|bz2|zst|zstd|snz|sz|lz4)$/i;

/** A format that is known. */
export type KnownFormat = Exclude<FileFormat, "auto">;

/** The header of a table. */
export interface TableHeader {
  readonly names: readonly string[];
  readonly separator: string;
  /** Its length in bytes. */
  readonly length: number;
}

/** Whether bytes are a Parquet file's first. */
export function isParquet(head: Uint8Array): boolean {
  return PARQUET.equals(head.subarray(0, PARQUET.length));
}

/** Bytes of a mark at the beginning that is no part of the text. */
export function markLength(head: Uint8Array): number {
  const { length } = BYTE_ORDER_MARK;
  return BYTE_ORDER_MARK.equals(head.subarray(0, length)) ? length : 0;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object";
  } catch {
    return false;
  }
}

/**
 * Whether JSON objects are not one a line: something follows the first one on
 * its line, or it spans several.
 */
function isGlued(head: Buffer): boolean {
  let first: readonly [number, number] | undefined;
  new JsonTextSplitter().split(head, head.length, (start, end) => {
    if (first !== undefined || !isObject(head.toString("utf8", start, end))) {
      return;
    }
    first = [start, end];
  });
  if (first === undefined) return false;
  const [start, end] = first;
  if (head.subarray(start, end).includes(LINE_FEED)) return true;
  const feed = head.indexOf(LINE_FEED, end);
  const rest = head.toString("latin1", end, feed < 0 ? head.length : feed);
  return rest.trim() !== "";
}

/**
 * The format of a part.
 *
 * @param asked What the user says.
 * @param name The part's name.
 * @param head Its first bytes, decompressed.
 */
export function formatOf(
  asked: FileFormat,
  name: string,
  head: Buffer,
): KnownFormat {
  if (asked !== "auto") return asked;
  const plainName = name.replace(PACKED_NAME_REGEXP, "");
  if (/\.(csv|tsv)$/i.test(plainName)) return "csv";
  const text = head.toString("utf8").trimStart();
  const isJson = /^[{[]/.test(text) || /\.(jsonl?|ndjson)$/i.test(plainName);
  if (isJson) return isGlued(head) ? "glued" : "jsonl";
  const [line = ""] = text.split("\n", 1);
  const isTable = /[,;\t|]/.test(line) && !line.includes("{");
  return isTable ? "csv" : "jsonl";
}

/**
 * The header of a table.
 *
 * @param head The first bytes behind the mark.
 * @returns Undefined when it isn't whole.
 */
export function tableHeader(head: Buffer): TableHeader | undefined {
  const feed = head.indexOf(LINE_FEED);
  const line = head.toString("utf8", 0, feed < 0 ? head.length : feed);
  const separator = separatorOf(line);
  let length = 0;
  new RowSplitter(separator).split(head, head.length, (_, end) => {
    if (length === 0) length = end;
  });
  // A file may be nothing but a header.
  if (length === 0 && feed < 0) length = head.length;
  if (length === 0) return undefined;
  const names = rowFields(head.toString("utf8", 0, length), separator);
  return { names, separator, length };
}

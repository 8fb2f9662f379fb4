/**
 * What it means when OpenSearch does not take something: a whole request or
 * one item of it.
 *
 * @module
 */
import { REASON_LENGTH_MAX, RETRY_AFTER_MS_MAX } from "./limits.ts";

/** What can be done about a refusal. */
export type RefusalKind =
  /** Too much at once: again later, and less. */
  | "throttled"
  /** The cluster or the way to it fails: again later. */
  | "transient"
  /** A block that somebody has to lift: again later, and said loudly. */
  | "blocked"
  /** The index is gone: made again. */
  | "index_missing"
  /** The body has too many bytes: in halves. */
  | "too_large"
  /** The signature, user or permission was refused. */
  | "credentials"
  /** A newer version of the document is there already. */
  | "conflict"
  /** The collection takes no ids of ours. */
  | "no_ids"
  /** The document itself is refused, for ever. */
  | "document"
  /** Anything else; trying again won't help. */
  | "refused";

/** A refusal, read. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly status: number;
  /** The exception's name; empty when the answer had none. */
  readonly type: string;
  /** One line, without what is secret. */
  readonly reason: string;
}

/** A whole answer, of any status. */
export interface OpensearchAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

/** What an error says in an answer's JSON. */
export interface ErrorFields {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

/** Blocks answer with 403 or 429 and are told by their exception alone. */
function blockKind({ status, reason }: ErrorFields): RefusalKind {
  // A node that has just started knows no state yet: that passes.
  if (status >= 500 || /SERVICE_UNAVAILABLE/.test(reason)) return "transient";
  return "blocked";
}

/** What an error means. */
export function refusalKind(error: ErrorFields): RefusalKind {
  const { status, type, reason } = error;
  if (type === "cluster_block_exception") return blockKind(error);
  if (type === "index_closed_exception") return "blocked";
  if (type === "index_not_found_exception") return "index_missing";
  if (/document id is not supported/i.test(reason)) return "no_ids";
  if (status === 409) return "conflict";
  if (status === 413) return "too_large";
  if (status === 429) return "throttled";
  if (status === 401 || status === 403) return "credentials";
  if (status === 408 || status >= 500) return "transient";
  if (status === 400) return "document";
  return "refused";
}

/** Any text as one short line. */
export function shortLine(text: string): string {
  const line = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]+/g, " ").trim();
  return line.length > REASON_LENGTH_MAX
    ? `${line.slice(0, REASON_LENGTH_MAX)}…`
    : line;
}

interface ErrorJson {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly Message?: unknown;
}

function bodyFields(text: string): { type: string; reason: string } {
  let json: ErrorJson;
  try {
    json = JSON.parse(text) as ErrorJson;
  } catch {
    return { type: "", reason: text };
  }
  if (typeof json !== "object" || json === null) {
    return { type: "", reason: text };
  }
  const { error } = json;
  if (typeof error === "object" && error !== null) {
    const { type = "", reason = "" } = error as Record<string, unknown>;
    return { type: String(type ?? ""), reason: String(reason ?? "") };
  }
  const reason = error ?? json.message ?? json.Message ?? text;
  return { type: "", reason: String(reason) };
}

/** What an unsuccessful answer means. */
export function refusalOf(answer: OpensearchAnswer): Refusal {
  const { status, bytes } = answer;
  const { type, reason } = bodyFields(bytes.toString("utf8", 0, 64 * 1024));
  const fields = { status, type, reason: shortLine(reason) };
  const kind = refusalKind(fields);
  return { kind, ...fields, reason: fields.reason || `HTTP status ${status}` };
}

/** A refusal as it stands in a message. */
export function refusalText({ status, type, reason }: Refusal): string {
  return type === "" ? `${status}: ${reason}` : `${status} ${type}: ${reason}`;
}

/**
 * How long an answer asks to wait, ms; 0 when it doesn't.
 *
 * @param nowMs Epoch ms, for a `Retry-After` that is a date.
 */
export function retryAfterMs(answer: OpensearchAnswer, nowMs: number): number {
  const text = [answer.headers["retry-after"] ?? ""].flat()[0] ?? "";
  if (text.trim() === "") return 0;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - nowMs : seconds * 1_000;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}

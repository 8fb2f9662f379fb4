/**
 * The seam between bytes and columns: what any decoder promises.
 *
 * @module
 */
import type { TextMemory } from "../../engine/kinesis/text_memory_kernel.ts";
import type { EventColumns } from "./event_columns.ts";

/** Records in a buffer, one behind the other. */
export interface Records {
  readonly bytes: Buffer;
  /** Number of records; the columns are at least this long. */
  readonly count: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** The record is an event of a kind that the job doesn't declare. */
export const UNDECLARED = -1;
/** The record is a watermark; see {@linkcode Decoder.watermarkMs}. */
export const WATERMARK = -2;
/** The record can't be decoded; see {@linkcode Decoder.reason}. */
export const DEAD = -3;

/** Why a record could not be decoded. */
export type DeadReason =
  | "not_json"
  | "not_an_object"
  | "no_kind"
  | "bad_field"
  | "bad_watermark";

/**
 * Decodes one record at a time. For every byte string the outcome is what
 * `JSON.parse` followed by reading the fields gives; `json_decoder.ts` is that
 * definition.
 */
export interface Decoder {
  /**
   * Decodes a record.
   *
   * @param bytes Buffer that holds it.
   * @param start Its first byte.
   * @param end One past its last byte.
   * @returns Index of the event kind, whose values then stand in row
   * `events[kind].count` (the caller counts it), or one of the codes above.
   */
  decode(bytes: Buffer, start: number, end: number): number;
  /**
   * Tells the records that come next, so that they may be decoded in runs. They
   * hold until it is told others.
   */
  begin(records: Records): void;
  /**
   * Decodes as many of them as follow each other and are alike.
   *
   * @param index The first record.
   * @returns How many were decoded: events of the kind {@linkcode runKind},
   * whose rows are counted. After 0 the record is to be decoded by itself.
   */
  decodeRun(index: number): number;
  /** Kind of the events that the last run was of. */
  readonly runKind: number;
  /** Memory whose records are decoded without being copied; undefined for none. */
  readonly memory?: TextMemory | undefined;
  /** Batches, one for each event kind of the plan. */
  readonly events: readonly EventColumns[];
  /** Value of the watermark just decoded, epoch ms. */
  readonly watermarkMs: number;
  /** Why the record just decoded is dead. */
  readonly reason: DeadReason;
}

/**
 * The seam between bytes and columns: what any decoder promises.
 *
 * @module
 */
import type { EventColumns } from "./event_columns.ts";

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
  /** Batches, one for each event kind of the plan. */
  readonly events: readonly EventColumns[];
  /** Value of the watermark just decoded, epoch ms. */
  readonly watermarkMs: number;
  /** Why the record just decoded is dead. */
  readonly reason: DeadReason;
}

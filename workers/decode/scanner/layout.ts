/**
 * Layouts of records: what stays the same from one record to the next.
 *
 * @module
 */
import { skipValue } from "../json_skip_kernel.ts";
import { LAYOUT_LITERAL_BYTES_MAX, LAYOUT_VALUES_MAX } from "../limits.ts";

/** The form of a time: everything about it but its digits. */
export interface TimeForm {
  /** `T` or a space. */
  readonly separator: string;
  /** Digits after the point; 0 when there is no point. */
  readonly fractionDigits: number;
  /** `Z`, `±hh:mm` or nothing. */
  readonly zone: string;
  /** What the zone adds to UTC, ms. */
  readonly offsetMs: number;
}

/** How many digits a number has; others may have more or fewer. */
export interface NumberForm {
  readonly wholeDigits: number;
  readonly fractionDigits: number;
}

/** A value that the job needs, and the column it goes to. */
export type Reading =
  | {
      readonly type: "number";
      readonly slot: number;
      readonly form: NumberForm;
    }
  | {
      readonly type: "time";
      readonly slot: number;
      /** Undefined when the reader has to find out each time. */
      readonly form: TimeForm | undefined;
    };

/** What a value that nobody needs looked like. A guess: others pass too. */
export type SkippedShape =
  | { readonly type: "number"; readonly form: NumberForm }
  | { readonly type: "string" }
  | { readonly type: "other" };

/** A value whose bytes may differ from record to record. */
export interface LayoutValue {
  /** Bytes between the value before and this one; they never differ. */
  readonly literal: Uint8Array;
  /** What to read from it; nothing when it is skipped. */
  readonly readings: readonly Reading[];
  readonly shape: SkippedShape;
}

/** The layout of a record. */
export interface Layout {
  /** What decoding such a record gives, as `Decoder.decode` returns it. */
  readonly outcome: number;
  readonly values: readonly LayoutValue[];
  /** From the last value to the brace that closes the record. */
  readonly closing: Uint8Array;
}

/** Bytes by which each value may at most run over the end of its record. */
const VALUE_REACH_BYTES = 64;

/**
 * How far behind the end of a record its scanner may read: every literal and
 * value is bounded, and the end is checked at the end.
 */
export function reachBytes({ values, closing }: Layout): number {
  return values.reduce(
    (sum, { literal }) => sum + literal.length + VALUE_REACH_BYTES,
    closing.length + VALUE_REACH_BYTES,
  );
}

/** The most that any layout's scanner reaches over. */
export const REACH_BYTES_MAX: number =
  LAYOUT_LITERAL_BYTES_MAX + (LAYOUT_VALUES_MAX + 1) * VALUE_REACH_BYTES;

/** A text that is the same for two layouts when records of both are alike. */
export function layoutKey({ outcome, values, closing }: Layout): string {
  const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  return JSON.stringify([
    outcome,
    ...values.map(({ literal }) => latin1(literal)),
    latin1(closing),
  ]);
}

/** Where a record of a layout lies. */
export interface RecordPlace {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The texts of a record's values, one character a byte. */
export function valueTexts(
  { values }: Layout,
  { bytes, start, end }: RecordPlace,
): string[] {
  let at = start;
  return values.map(({ literal }) => {
    const from = at + literal.length;
    at = skipValue(bytes, from, end);
    return at < 0 ? "" : bytes.toString("latin1", from, at);
  });
}

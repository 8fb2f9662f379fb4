// Hot path: records whose layout isn't known, each once.
// Cost avoided: JSON.parse makes an object, its keys and all of its values.
// Trick: one pass checks the record and notes where the values of the job's
//   fields begin; only those are read, afterwards, so neither the order of the
//   keys nor their spelling nor repeated keys matter.
// Gives up: escapes in keys and in values that are read, and deep nesting:
//   `UNSURE` sends the record to JSON.parse.
// Breaks: `!` on typed-array reads.
// Shown by `perf/decode_bench.ts`. Plain twin: `JsonDecoder`.
/**
 * Decodes records by walking over their bytes, whatever their layout.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";
import { ByteNames } from "./byte_names_kernel.ts";
import { DEAD, type DeadReason, UNDECLARED, WATERMARK } from "./decoder.ts";
import type { EventColumns } from "./event_columns.ts";
import { fieldNames } from "./field_names.ts";
import { BYTE, STOPS_STRING } from "./json_bytes.ts";
import { NO_JSON, skipSpace, skipValue, TOO_DEEP } from "./json_skip_kernel.ts";
import { checkedNumber, ValueReader } from "./value_reader_kernel.ts";

// Constants of this module are folded into the code; imported ones are loaded.
const {
  backslash: BACKSLASH,
  closeBrace: CLOSE_BRACE,
  colon: COLON,
  comma: COMMA,
  lowerE: LOWER_E,
  minus: MINUS,
  nine: NINE,
  openBrace: OPEN_BRACE,
  point: POINT,
  quote: QUOTE,
  space: SPACE,
  zero: ZERO,
} = BYTE;
const STOPS = STOPS_STRING;

/** The walk can't tell what the record is. */
export const UNSURE = -4;

/** The record is a JSON object, and all its values are found. */
const FOUND = 0;

/** The record is JSON, but no object. */
const NO_OBJECT = -5;

/** Where a field's value may stand: indexes of its spellings, in their order. */
interface FieldStep {
  readonly slot: number;
  readonly isTime: boolean;
  readonly names: readonly number[];
}

/** Walks over records; results are as in `Decoder`. */
export class Walk {
  watermarkMs: number = Number.NaN;
  reason: DeadReason = "not_json";
  readonly #events: readonly EventColumns[];
  readonly #names: ByteNames;
  readonly #kinds: ByteNames;
  readonly #watermarkKind: number;
  readonly #kindName: number;
  readonly #watermarkField: FieldStep;
  readonly #fields: readonly (readonly FieldStep[])[];
  readonly #reader = new ValueReader();
  /** Where the value of each name begins; 0 when the record lacks it. */
  readonly #starts: Int32Array;
  /** Where it ends. */
  readonly #ends: Int32Array;

  /**
   * @param plan The job.
   * @param events Where the values go.
   */
  constructor(plan: JobPlan, events: readonly EventColumns[]) {
    const names = fieldNames(plan);
    const kinds = plan.events.map(({ kind }) => kind);
    this.#events = events;
    this.#names = new ByteNames(names);
    this.#starts = new Int32Array(names.length);
    this.#ends = new Int32Array(names.length);
    this.#watermarkKind = kinds.length;
    this.#kinds = new ByteNames([...kinds, plan.watermark.kind]);
    this.#kindName = names.indexOf(plan.kindField);
    this.#watermarkField = {
      slot: 0,
      isTime: true,
      names: [names.indexOf(plan.watermark.field)],
    };
    this.#fields = plan.events.map(({ fields }) =>
      fields.map(({ slot, type, from }) => ({
        slot,
        isTime: type === "time",
        names: from.map((name) => names.indexOf(name)),
      })),
    );
  }

  /**
   * Decodes a record, as `Decoder.decode` does, or returns `UNSURE`.
   *
   * @param bytes Buffer that holds it.
   * @param start Its first byte.
   * @param end One past its last byte.
   */
  decode(bytes: Buffer, start: number, end: number): number {
    const found = this.#locate(bytes, start, end);
    if (found === UNSURE) return UNSURE;
    if (found === NO_OBJECT) return this.#dead("not_an_object");
    if (found !== FOUND) return this.#dead("not_json");
    const kindAt = this.#starts[this.#kindName]!;
    if (kindAt === 0 || bytes[kindAt] !== QUOTE) {
      return this.#dead("no_kind");
    }
    let at = kindAt + 1;
    while (STOPS[bytes[at]!] === 0) at++;
    if (bytes[at] !== QUOTE) return UNSURE;
    const kind = this.#kinds.find(bytes, kindAt + 1, at);
    if (kind < 0) return UNDECLARED;
    return kind === this.#watermarkKind
      ? this.#watermark(bytes, end)
      : this.#event(kind, bytes, end);
  }

  #dead(reason: DeadReason): number {
    this.reason = reason;
    return DEAD;
  }

  #watermark(bytes: Buffer, end: number): number {
    const outcome = this.#read(this.#watermarkField, bytes, end);
    this.watermarkMs = outcome === 0 ? this.#reader.value : Number.NaN;
    if (outcome === UNSURE) return UNSURE;
    return outcome === 0 ? WATERMARK : this.#dead("bad_watermark");
  }

  #event(kind: number, bytes: Buffer, end: number): number {
    const { columns, count } = this.#events[kind]!;
    const fields = this.#fields[kind]!;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      const outcome = this.#read(field, bytes, end);
      if (outcome === UNSURE) return UNSURE;
      if (outcome === DEAD) return this.#dead("bad_field");
      columns[field.slot]![count] = this.#reader.value;
    }
    return kind;
  }

  /** Reads a field into the reader: 0, `DEAD` or `UNSURE`. */
  #read(field: FieldStep, bytes: Buffer, end: number): number {
    const { names } = field;
    let name = names[0]!;
    for (let i = 1; i < names.length && this.#starts[name] === 0; i++) {
      name = names[i]!;
    }
    const from = this.#starts[name]!;
    if (from === 0) return DEAD;
    const byte = bytes[from]!;
    if (!field.isTime && byte <= NINE && byte >= MINUS) {
      this.#reader.value = checkedNumber(bytes, from, this.#ends[name]!);
      return 0;
    }
    const after = field.isTime
      ? this.#reader.time(bytes, from, end)
      : this.#reader.number(bytes, from, end);
    if (after >= 0) return 0;
    return hasEscape(bytes, from) ? UNSURE : DEAD;
  }

  /**
   * Checks the record and notes where the values of the names begin: `FOUND`,
   * `NO_OBJECT`, `UNSURE`, or `NO_JSON` when JSON.parse would throw.
   */
  #locate(bytes: Buffer, start: number, end: number): number {
    const starts = this.#starts;
    const ends = this.#ends;
    for (let i = 0; i < starts.length; i++) starts[i] = 0;
    let at = skipSpace(bytes, start, end);
    if (at >= end) return NO_JSON;
    if (bytes[at] !== OPEN_BRACE) return noObject(bytes, at, end);
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_BRACE) {
      return skipSpace(bytes, at + 1, end) === end ? FOUND : NO_JSON;
    }
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return NO_JSON;
      const key = ++at;
      while (at < end && STOPS[bytes[at]!] === 0) at++;
      if (at >= end) return NO_JSON;
      if (bytes[at] === BACKSLASH) return UNSURE;
      if (bytes[at] !== QUOTE) return NO_JSON;
      const name = this.#names.find(bytes, key, at++);
      if (at < end && bytes[at]! <= SPACE) at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at++] !== COLON) return NO_JSON;
      if (at < end && bytes[at]! <= SPACE) at = skipSpace(bytes, at, end);
      if (name >= 0) starts[name] = at;
      at = skipMember(bytes, at, end);
      if (at < 0) return at === TOO_DEEP ? UNSURE : NO_JSON;
      if (name >= 0) ends[name] = at;
      if (at < end && bytes[at]! <= SPACE) at = skipSpace(bytes, at, end);
      if (at >= end) return NO_JSON;
      const next = bytes[at++]!;
      if (next === CLOSE_BRACE) break;
      if (next !== COMMA) return NO_JSON;
      if (at < end && bytes[at]! <= SPACE) at = skipSpace(bytes, at, end);
    }
    return at === end || skipSpace(bytes, at, end) === end ? FOUND : NO_JSON;
  }
}

/** What a record is that begins as no object: `NO_OBJECT`, `NO_JSON`, `UNSURE`. */
function noObject(bytes: Buffer, from: number, end: number): number {
  const after = skipValue(bytes, from, end);
  if (after === TOO_DEEP) return UNSURE;
  return after >= 0 && skipSpace(bytes, after, end) === end
    ? NO_OBJECT
    : NO_JSON;
}

/** As `skipValue`: plain values here, without a call, and others there. */
function skipMember(bytes: Buffer, from: number, end: number): number {
  let at = from;
  if (at >= end) return NO_JSON;
  let byte = bytes[at]!;
  if (byte === QUOTE) {
    at++;
    while (at < end && STOPS[bytes[at]!] === 0) at++;
    if (at < end && bytes[at] === QUOTE) return at + 1;
    return skipValue(bytes, from, end);
  }
  if (byte === MINUS && ++at < end) byte = bytes[at]!;
  // A zero stands alone, or is left to the other way.
  if (byte > ZERO && byte <= NINE) {
    do at++;
    while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE);
  } else if (byte === ZERO) at++;
  else return skipValue(bytes, from, end);
  if (at >= end) return at;
  byte = bytes[at]!;
  if (byte === POINT) {
    const first = ++at;
    while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
    if (at === first || at >= end) return NO_JSON;
    byte = bytes[at]!;
  }
  return (byte | 0x20) === LOWER_E ? skipValue(bytes, from, end) : at;
}

/** Whether the value is a string with an escape in it; it has been checked. */
function hasEscape(bytes: Buffer, from: number): boolean {
  if (bytes[from] !== QUOTE) return false;
  let at = from + 1;
  while (STOPS[bytes[at]!] === 0) at++;
  return bytes[at] !== QUOTE;
}

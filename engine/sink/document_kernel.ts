/**
 * Documents as JSON lines, written straight from columns into a buffer.
 *
 * Hot path: once per document and sink; 65,000 documents come of a million
 * events.
 * Cost avoided: an object, a dozen strings and `JSON.stringify` per document
 * (about 2 µs and the garbage).
 * Trick: everything between key and numbers is the same for a whole window and
 * copied as bytes, in one piece where keys are of one length, which are then put
 * into it; geohash characters come of shifts, whole numbers of
 * divisions. Only fractions go through `String`.
 * Gives up: escaping, which names in a JobSpec never need.
 * Breaks: non-null assertions on array reads; more than three parameters.
 * Bench: `perf/store_bench.ts`, "render". Plain twin: `document.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BASE32 } from "../geo/geohash.ts";
import type { KeyPartPlan, MeasurePlan, QueryPlan } from "../job/plan.ts";
import { CHARACTER_BITS } from "./key_text.ts";
import { LINE_BYTES_MAX, NUMBER_BYTES_MAX } from "./limits.ts";
import type { FiredWindow } from "./sink.ts";

const ZERO = 48;
const MINUS = 45;
const PIPE = 124;
const CLOSE_BRACE = 125;
const LINE_FEED = 10;
/** The last two. */
const TAIL_BYTES = 2;
const EMPTY = new Uint8Array();
/** A line is put together here once a window. */
const SCRATCH = new Uint8Array(LINE_BYTES_MAX);
/** Whole numbers up to here are written digit by digit in 32-bit arithmetic. */
const DIGITS_MAX = 2 ** 31 - 1;

const DIGITS = Uint8Array.from(BASE32, (digit) => digit.charCodeAt(0));

function bytesOf(text: string): Uint8Array {
  // Fresh memory of its own instead of a slice of Buffer's shared pool.
  return new Uint8Array(Buffer.from(text));
}

function copy(bytes: Uint8Array, target: Uint8Array, at: number): number {
  target.set(bytes, at);
  return at + bytes.length;
}

function writeDigits(value: number, target: Uint8Array, at: number): number {
  let end = at + 1;
  for (let rest = (value / 10) | 0; rest > 0; rest = (rest / 10) | 0) end++;
  let rest = value;
  for (let i = end - 1; i >= at; i--) {
    const tens = (rest / 10) | 0;
    target[i] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return end;
}

/** Writes a number as `JSON.stringify` prints it. */
function writeNumber(value: number, target: Uint8Array, at: number): number {
  if (Number.isInteger(value) && Math.abs(value) <= DIGITS_MAX) {
    if (value >= 0) return writeDigits(value, target, at);
    target[at] = MINUS;
    return writeDigits(-value, target, at + 1);
  }
  const text = Number.isFinite(value) ? String(value) : "null";
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** What stands around a row's key and measures, all the same for a window. */
export interface LineForm {
  /**
   * What ends where the row's version, its count, is written; undefined
   * without versions.
   */
  readonly versionHead?: string | undefined;
  /** What ends where the id's key is written; undefined without an id. */
  readonly idHead: string | undefined;
  /** From the end of the id up to the name of the first key part. */
  readonly documentHead: string;
  /** Written behind the measures with the row's count; undefined without. */
  readonly countHead?: string | undefined;
}

/** Gives the form of a query's lines at a timestamp. */
export type LineForms = (query: QueryPlan, timestampMs: number) => LineForm;

/** The form of NDJSON results. */
const RESULT_LINE: LineForms = ({ name }, timestampMs) => ({
  idHead: `{"_id":"${name}|${timestampMs}|`,
  documentHead: `","query":"${name}","timestamp":${timestampMs}`,
});

/** Writes the documents of one query. */
export class DocumentWriter {
  readonly #query: QueryPlan;
  readonly #key: readonly KeyPartPlan[];
  readonly #measures: readonly MeasurePlan[];
  /** Names of each zone part's zones, as bytes; empty for geohashes. */
  readonly #zones: readonly (readonly Uint8Array[])[];
  /** What stands before each key part's value, the first after the id. */
  readonly #keyHeads: Uint8Array[];
  readonly #measureHeads: readonly Uint8Array[];
  readonly #forms: LineForms;
  /** Whether the values of each key part are of one length. */
  readonly #isEven: boolean;
  #versionHead: Uint8Array | undefined;
  #idHead: Uint8Array | undefined;
  /** From the id to the first measure's value, with any key, if that is even. */
  #middle: Uint8Array = EMPTY;
  /** Where in it key parts are: which part, and at which byte, in turn. */
  readonly #keysAt: number[] = [];
  #countHead: Uint8Array | undefined;
  #window: FiredWindow | undefined;

  constructor(query: QueryPlan, forms: LineForms = RESULT_LINE) {
    this.#query = query;
    this.#forms = forms;
    this.#key = query.key;
    this.#measures = query.measures;
    this.#zones = query.key.map((part) =>
      part.type === "zone" ? part.zones.map(bytesOf) : [],
    );
    this.#keyHeads = query.key.map(({ as }) => bytesOf(`","${as}":"`));
    this.#isEven = this.#zones.every(
      (names) => new Set(names.map(({ length }) => length)).size <= 1,
    );
    this.#measureHeads = query.measures.map(({ as }, i) =>
      bytesOf(`${i === 0 ? '"' : ""},"${as}":`),
    );
  }

  /** Makes the rows of a window those that {@linkcode writeLine} writes. */
  begin(window: FiredWindow): void {
    assert(window.query.index === this.#query.index);
    assert(window.accumulators.length === this.#query.accumulators.length);
    const form = this.#forms(this.#query, window.timestampMs);
    const optional = (text: string | undefined) =>
      text === undefined ? undefined : bytesOf(text);
    this.#window = window;
    this.#versionHead = optional(form.versionHead);
    this.#idHead = optional(form.idHead);
    this.#countHead = optional(form.countHead);
    this.#keyHeads[0] = bytesOf(`${form.documentHead},"${this.#key[0]!.as}":"`);
    const heads = [
      this.#versionHead,
      this.#idHead,
      this.#countHead,
      ...this.#keyHeads,
      ...this.#measureHeads,
    ];
    // The version and the count are numbers too.
    const numbers = this.#measures.length + 2;
    let bytes = TAIL_BYTES + numbers * NUMBER_BYTES_MAX;
    for (const head of heads) bytes += head?.length ?? 0;
    // Names are at most 64 bytes, and each part's text is written twice.
    assert(bytes + this.#key.length * 2 * 65 <= LINE_BYTES_MAX);
    if (!this.#isEven) return;
    this.#keysAt.length = 0;
    const end = this.#writeMiddle(0, 0, SCRATCH, 0);
    this.#middle = SCRATCH.slice(0, end);
  }

  /**
   * Writes one row's document and a line feed.
   *
   * @param row A row of the window begun last.
   * @param target Must have `LINE_BYTES_MAX` bytes left after `at`.
   * @returns The offset behind the line.
   */
  writeLine(row: number, target: Uint8Array, at: number): number {
    const window = this.#window!;
    const word0 = window.word0[row]!;
    const word1 = window.word1[row]!;
    const count = window.counts[row]!;
    let end = at;
    if (this.#versionHead !== undefined) {
      end = copy(this.#versionHead, target, end);
      end = writeNumber(count, target, end);
    }
    if (this.#isEven) end = this.#copyMiddle(word0, word1, target, end);
    else end = this.#writeMiddle(word0, word1, target, end);
    for (let i = 0; i < this.#measures.length; i++) {
      const measure = this.#measures[i]!;
      if (i > 0) end = copy(this.#measureHeads[i]!, target, end);
      if (measure.type === "count") {
        end = writeNumber(count, target, end);
        continue;
      }
      const value = window.accumulators[measure.accumulator]![row]!;
      const output = measure.type === "avg" ? value / count : value;
      end = writeNumber(output, target, end);
    }
    if (this.#countHead !== undefined) {
      end = copy(this.#countHead, target, end);
      end = writeNumber(count, target, end);
    }
    target[end] = CLOSE_BRACE;
    target[end + 1] = LINE_FEED;
    return end + 2;
  }

  /** Writes what is between the version and the first measure's value. */
  #writeMiddle(
    word0: number,
    word1: number,
    target: Uint8Array,
    at: number,
  ): number {
    let end = at;
    if (this.#idHead !== undefined) {
      end = copy(this.#idHead, target, end);
      for (let i = 0; i < this.#key.length; i++) {
        if (i > 0) target[end++] = PIPE;
        if (this.#isEven) this.#keysAt.push(i, end - at);
        end = this.#writeKeyPart(i, word0, word1, target, end);
      }
    }
    for (let i = 0; i < this.#key.length; i++) {
      end = copy(this.#keyHeads[i]!, target, end);
      if (this.#isEven) this.#keysAt.push(i, end - at);
      end = this.#writeKeyPart(i, word0, word1, target, end);
    }
    return copy(this.#measureHeads[0] ?? EMPTY, target, end);
  }

  /** The same where all rows have it alike, but for the keys. */
  #copyMiddle(
    word0: number,
    word1: number,
    target: Uint8Array,
    at: number,
  ): number {
    const end = copy(this.#middle, target, at);
    const keysAt = this.#keysAt;
    for (let i = 0; i < keysAt.length; i += 2) {
      const keyAt = at + keysAt[i + 1]!;
      this.#writeKeyPart(keysAt[i]!, word0, word1, target, keyAt);
    }
    return end;
  }

  #writeKeyPart(
    index: number,
    word0: number,
    word1: number,
    target: Uint8Array,
    at: number,
  ): number {
    const part = this.#key[index]!;
    let end = at;
    for (let i = 0; i < part.bits.length; i++) {
      const { word, shift, bits } = part.bits[i]!;
      const value = (word === 0 ? word0 : word1) >>> shift;
      if (part.type === "zone") {
        return copy(
          this.#zones[index]![value & ((1 << bits) - 1)]!,
          target,
          at,
        );
      }
      for (let b = bits - CHARACTER_BITS; b >= 0; b -= CHARACTER_BITS) {
        target[end++] = DIGITS[(value >>> b) & 31]!;
      }
    }
    return end;
  }
}

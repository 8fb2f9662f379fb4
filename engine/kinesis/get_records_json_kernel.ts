// Hot path: one call for each Kinesis record of a JSON answer.
// Avoids: JSON.parse of megabytes and the strings that it makes.
// Trick: a record of plain members (no escapes, known names, no null) is walked
//   in a copy of the answer, which is made piece by piece just ahead of the walk
//   and in which its data is decoded where it stands (`text_memory_kernel.ts`).
//   Sequence numbers and keys stay where they are. The answer itself is not
//   changed: anything unusual leaves it to JSON.parse, in `get_records_json.ts`,
//   which is also what the property tests compare with.
// Gives up: readability, and the rule of at most three parameters.
// Length: it is one thing, as all steps share the place in the answer.
// Bench: perf/wire_bench.ts, "JSON walk", against "JSON by JSON.parse".
/**
 * Walks the records of a GetRecords answer in JSON without parsing it.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { arrivalToMs } from "./arrival_time.ts";
import { base64Bytes } from "./base64.ts";
import type { RecordColumns } from "./record_columns.ts";
import { TextMemory } from "./text_memory_kernel.ts";
import { ODD_RECORDS_MAX, WALK_ROWS } from "./walk_code.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
const ZERO = 0x30;
const POINT = 0x2e;
const PADDING = 0x3d;

const RECORDS = '"Records"';

const DATA = 1;
const SEQUENCE = 2;
const KEY = 4;
const ARRIVAL = 8;
const ENCRYPTION = 16;
const NEEDED = DATA | SEQUENCE;

/** Digits that fit an int: two ints make a time. */
const INT_DIGITS_MAX = 9;
/** Digits of an integer that a double holds exactly, whatever they are. */
const EXACT_DIGITS_MAX = 15;
/** Powers of ten that a double holds exactly: one rounding, the right one. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Copied at least, before a record and behind its data: twice the longest
 * partition key and everything else. A record that has more there is not plain.
 */
const AHEAD_BYTES = 2_048;

/** Bytes that a plain string goes on over. */
const GOES_ON = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

function word(text: string, at = 0): number {
  return Buffer.from(text).readInt32LE(at);
}

const WORD_DATA = word("Data");
const WORD_SEQU = word("SequenceNumber");
const WORD_ENCE = word("SequenceNumber", 4);
const WORD_NUMB = word("SequenceNumber", 8);
const WORD_MBER = word("SequenceNumber", 10);
const WORD_ENCR = word("EncryptionType");
const WORD_YPTI = word("EncryptionType", 4);
const WORD_ONTY = word("EncryptionType", 8);
const WORD_TYPE = word("EncryptionType", 10);
const WORD_PART = word("PartitionKey");
const WORD_ITIO = word("PartitionKey", 4);
const WORD_NKEY = word("PartitionKey", 8);
const WORD_APPR = word("ApproximateArrivalTimestamp");
const WORD_OXIM = word("ApproximateArrivalTimestamp", 4);
const WORD_ATEA = word("ApproximateArrivalTimestamp", 8);
const WORD_RRIV = word("ApproximateArrivalTimestamp", 12);
const WORD_ALTI = word("ApproximateArrivalTimestamp", 16);
const WORD_MEST = word("ApproximateArrivalTimestamp", 20);
const WORD_TAMP = word("ApproximateArrivalTimestamp", 23);

/** Name lengths, which tell the members apart. */
const NAME_BYTES = {
  data: 4,
  sequence: 14,
  encryption: 14,
  key: 12,
  arrival: 27,
} as const;

/** Walks one answer at a time. */
class PlainRecords {
  #memory: TextMemory | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the member at hand ends. */
  #at = 0;
  #answer: Buffer = this.#bytes;
  /** Whether bytes beyond ASCII are known to be UTF-8. */
  #isUtf8 = false;

  /**
   * Walks the records and enters them into the columns, which point into this
   * one's own memory then.
   *
   * @returns The answer's text without them; undefined if it isn't plain.
   */
  walk(
    bytes: Buffer,
    length: number,
    columns: RecordColumns,
  ): string | undefined {
    const memory = this.#open(length, columns);
    if (memory === undefined) return undefined;
    columns.lieIn(memory);
    const answer = bytes.subarray(0, length);
    const name = answer.indexOf(RECORDS, 0, "latin1");
    if (name < 0) return undefined;
    this.#answer = answer;
    this.#isUtf8 = false;
    memory.begin(bytes, length);
    memory.copyTo(name + AHEAD_BYTES);
    const colon = this.#skip(name + RECORDS.length);
    if (this.#bytes[colon] !== COLON) return undefined;
    const from = this.#skip(colon + 1);
    if (this.#bytes[from] !== OPEN_ARRAY) return undefined;
    const to = this.#array(memory, from + 1, columns);
    if (to < 0 || to > length) return undefined;
    const rest = `${bytes.toString("utf8", 0, from)}[]${bytes.toString("utf8", to, length)}`;
    // A name may be spelt with escapes, and of two equal names the last one
    // counts: let JSON.parse see to that.
    if (
      rest.includes("\\") ||
      rest.indexOf(RECORDS) !== rest.lastIndexOf(RECORDS)
    ) {
      return undefined;
    }
    columns.bytes = this.#bytes;
    return rest;
  }

  /** A memory that has room; undefined where there is none. */
  #open(length: number, columns: RecordColumns): TextMemory | undefined {
    let memory = columns.memory;
    if (memory?.hasRoom(length) !== true) {
      if (this.#memory?.hasRoom(length) !== true) {
        this.#memory = TextMemory.open({ length });
      }
      memory = this.#memory;
    }
    if (memory !== undefined) {
      this.#bytes = memory.bytes;
      this.#view = memory.view;
    }
    return memory;
  }

  #skip(from: number): number {
    let at = from;
    for (;;) {
      const byte = this.#bytes[at]!;
      if (byte > SPACE) return at;
      if (byte !== SPACE && byte !== 9 && byte !== 10 && byte !== 13) return at;
      at++;
    }
  }

  /** The offset behind the array, or -1. */
  #array(memory: TextMemory, from: number, columns: RecordColumns): number {
    const bytes = this.#bytes;
    let at = this.#skip(from);
    if (bytes[at] === CLOSE_ARRAY) return at + 1;
    let oddLeft = ODD_RECORDS_MAX;
    for (;;) {
      const row = columns.recordCount;
      let isBehind = false;
      if (oddLeft > 0 && row < WALK_ROWS) {
        at = memory.walk("json", { at, row, rowLimit: WALK_ROWS });
        columns.recordCount = memory.walkedRows;
        isBehind = columns.recordCount > row && bytes[at - 1] === CLOSE_OBJECT;
      }
      memory.copyAhead(at + AHEAD_BYTES);
      if (!isBehind) {
        oddLeft--;
        if (bytes[at] !== OPEN_OBJECT) return -1;
        at = this.#record(memory, at + 1, columns);
        if (at < 0) return -1;
      }
      if (bytes[at]! <= SPACE) at = this.#skip(at);
      if (bytes[at] === CLOSE_ARRAY) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at++;
      if (bytes[at]! <= SPACE) at = this.#skip(at);
    }
  }

  /** The offset behind the record, or -1; enters it into the columns. */
  #record(memory: TextMemory, from: number, columns: RecordColumns): number {
    const bytes = this.#bytes;
    columns.reserve();
    const index = columns.recordCount;
    let has = 0;
    let at = from;
    for (;;) {
      if (bytes[at]! <= SPACE) at = this.#skip(at);
      if (bytes[at] !== QUOTE) return -1;
      const member = this.#member(at + 1);
      if (member === 0 || (has & member) !== 0) return -1;
      has |= member;
      at = this.#at;
      if (bytes[at]! <= SPACE) at = this.#skip(at);
      if (bytes[at] !== COLON) return -1;
      at++;
      if (bytes[at]! <= SPACE) at = this.#skip(at);
      if (member === ARRIVAL) {
        const value = this.#number(at);
        if (Number.isNaN(value)) return -1;
        columns.arrivalMs[index] = arrivalToMs(value);
        at = this.#at;
      } else {
        if (bytes[at] !== QUOTE) return -1;
        at++;
        if (member === DATA) {
          const end = memory.decode(at);
          // Now: the padding and the quote may lie beyond what is copied.
          memory.copyAhead(end + AHEAD_BYTES);
          let after = end;
          if (bytes[after] === PADDING && bytes[++after] === PADDING) after++;
          const size = base64Bytes(after - at, after - end);
          if (size < 0 || bytes[after] !== QUOTE) return -1;
          columns.dataStarts[index] = at;
          columns.dataEnds[index] = at + size;
          at = after + 1;
        } else {
          const end = this.#textEnd(at);
          if (end < 0) return -1;
          if (member === SEQUENCE) {
            columns.sequenceStarts[index] = at;
            columns.sequenceEnds[index] = end;
          } else if (member === KEY) {
            columns.keyStarts[index] = at;
            columns.keyEnds[index] = end;
          }
          at = end + 1;
        }
      }
      if (bytes[at]! <= SPACE) at = this.#skip(at);
      if (bytes[at] === CLOSE_OBJECT) break;
      if (bytes[at] !== COMMA) return -1;
      at++;
    }
    if ((has & NEEDED) !== NEEDED) return -1;
    if ((has & KEY) === 0) {
      columns.keyStarts[index] = at;
      columns.keyEnds[index] = at;
    }
    if ((has & ARRIVAL) === 0) columns.arrivalMs[index] = NaN;
    columns.recordCount = index + 1;
    return at + 1;
  }

  /** Which member a name is, 0 for others; moves behind its quote. */
  #member(at: number): number {
    const view = this.#view;
    const first = view.getInt32(at, true);
    let member = 0;
    let length = 0;
    if (first === WORD_DATA) {
      member = DATA;
      length = NAME_BYTES.data;
    } else if (first === WORD_SEQU) {
      if (
        view.getInt32(at + 4, true) === WORD_ENCE &&
        view.getInt32(at + 8, true) === WORD_NUMB &&
        view.getInt32(at + 10, true) === WORD_MBER
      ) {
        member = SEQUENCE;
        length = NAME_BYTES.sequence;
      }
    } else if (first === WORD_ENCR) {
      if (
        view.getInt32(at + 4, true) === WORD_YPTI &&
        view.getInt32(at + 8, true) === WORD_ONTY &&
        view.getInt32(at + 10, true) === WORD_TYPE
      ) {
        member = ENCRYPTION;
        length = NAME_BYTES.encryption;
      }
    } else if (first === WORD_PART) {
      if (
        view.getInt32(at + 4, true) === WORD_ITIO &&
        view.getInt32(at + 8, true) === WORD_NKEY
      ) {
        member = KEY;
        length = NAME_BYTES.key;
      }
    } else if (first === WORD_APPR) {
      if (
        view.getInt32(at + 4, true) === WORD_OXIM &&
        view.getInt32(at + 8, true) === WORD_ATEA &&
        view.getInt32(at + 12, true) === WORD_RRIV &&
        view.getInt32(at + 16, true) === WORD_ALTI &&
        view.getInt32(at + 20, true) === WORD_MEST &&
        view.getInt32(at + 23, true) === WORD_TAMP
      ) {
        member = ARRIVAL;
        length = NAME_BYTES.arrival;
      }
    }
    this.#at = at + length + 1;
    return this.#bytes[at + length] === QUOTE ? member : 0;
  }

  /** The end of a plain string that begins here; -1 if it isn't one. */
  #textEnd(from: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    let at = from;
    for (;;) {
      const four = view.getInt32(at, true);
      // Six more than a digit keeps its high half; any higher byte's changes.
      if (
        (four & 0xf0f0f0f0) !== 0x30303030 ||
        ((four + 0x06060606) & 0xf0f0f0f0) !== 0x30303030
      ) {
        break;
      }
      at += 4;
    }
    for (;;) {
      while (GOES_ON[bytes[at]!] === 1) at++;
      const byte = bytes[at]!;
      if (byte === QUOTE) return at;
      if (byte < 0x80) return -1;
      this.#isUtf8 ||= isUtf8(this.#answer);
      if (!this.#isUtf8) return -1;
      at++;
    }
  }

  /** A positive number of few digits, as JSON.parse reads it; NaN for others. */
  #number(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let digit = bytes[at]! - ZERO;
    if (!(digit >= 1 && digit <= 9)) return NaN;
    let high = 0;
    let low = 0;
    let count = 0;
    let scale = 0;
    for (;;) {
      if (digit >= 0 && digit <= 9) {
        if (count < INT_DIGITS_MAX) high = (Math.imul(high, 10) + digit) | 0;
        else low = (Math.imul(low, 10) + digit) | 0;
        if (++count > EXACT_DIGITS_MAX) return NaN;
        if (scale !== 0) scale--;
      } else if (scale === 0 && digit === POINT - ZERO) {
        const next = bytes[at + 1]! - ZERO;
        if (!(next >= 0 && next <= 9)) return NaN;
        scale = -1;
      } else break;
      digit = bytes[++at]! - ZERO;
    }
    if (scale !== 0) scale++;
    // Java writes times as 1.451606400123E9.
    if ((bytes[at]! | SPACE) === 0x65) {
      digit = bytes[++at]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) return NaN;
      scale += digit;
      const next = bytes[++at]! - ZERO;
      if (next >= 0 && next <= 9) return NaN;
    }
    this.#at = at;
    const sum =
      count <= INT_DIGITS_MAX
        ? high
        : high * POWERS[count - INT_DIGITS_MAX]! + low;
    return scale < 0 ? sum / POWERS[-scale]! : sum * POWERS[scale]!;
  }
}

const plainRecords = new PlainRecords();

/**
 * Walks the records of an answer if all of them are plain.
 *
 * @param bytes Holds the answer from its start; not changed.
 * @param length The answer's bytes; the buffer may be longer.
 * @param columns Get the records, and where they lie: a memory that is used
 * again for the next answer. They mean nothing when it returns undefined.
 * @returns The answer's text with no records in it; undefined if it isn't
 * plain.
 */
export function walkPlainRecords(
  bytes: Buffer,
  length: number,
  columns: RecordColumns,
): string | undefined {
  return plainRecords.walk(bytes, length, columns);
}

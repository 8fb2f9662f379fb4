// Hot path: one call for each Kinesis record of a JSON answer.
// Avoids: JSON.parse of megabytes and the strings that it makes, and a call of
//   the base64 decoder a record, which costs more than the decoding.
// Trick: a record of plain members (no escapes, known names, no null) is walked
//   where it lies; sequence numbers and keys go to a scratch, base64 texts are
//   moved together and decoded some dozens at once, padding counted as zeros.
//   Nothing is changed before the whole array was walked: anything unusual
//   leaves the answer as it came to JSON.parse, in `get_records_json.ts`, which
//   is also what the property tests compare with.
// Gives up: readability, and the rule of at most three parameters.
// Length: it is one thing, as all steps share the place in the answer.
// Bench: perf/wire_bench.ts, "JSON walk", against "JSON by JSON.parse".
/**
 * Walks the records of a GetRecords answer in JSON without parsing it.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { base64Bytes } from "./base64.ts";
import { arrivalToMs, type RecordColumns } from "./record_columns.ts";
import { GarbledAnswerError } from "./request_error.ts";

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
const LETTER_A = 0x41;

const RECORDS = '"Records"';

const DATA = 1;
const SEQUENCE = 2;
const KEY = 4;
const ARRIVAL = 8;
const ENCRYPTION = 16;
const NEEDED = DATA | SEQUENCE;

/** Members by name, as they are named in a record. */
const MEMBERS = new Map([
  ["Data", DATA],
  ["SequenceNumber", SEQUENCE],
  ["PartitionKey", KEY],
  ["ApproximateArrivalTimestamp", ARRIVAL],
  ["EncryptionType", ENCRYPTION],
]);
/** The longest name and its quote. */
const NAME_BYTES_MAX = 28;

/** A sequence number has 56. */
const DIGITS_BYTES_MAX = 56;
/** Digits that fit an int: two ints make a time. */
const INT_DIGITS_MAX = 9;
/** Digits of an integer that a double holds exactly, whatever they are. */
const EXACT_DIGITS_MAX = 15;
/** Powers of ten that a double holds exactly: one rounding, the right one. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Base64 decoded at once: strings of this size stay young and in the cache. */
const CHUNK_BYTES = 32 * 1024;
const TEXTS_BYTES_FIRST = 64 * 1024;

function word(text: string, at = 0): number {
  return Buffer.from(text).readInt32LE(at);
}

const WORD_DATA = word("Data");
const WORD_SEQU = word("SequenceNumber");
const WORD_ENCE = word("SequenceNumber", 4);
const WORD_NUMB = word("SequenceNumber", 8);
const WORD_MBER = word("SequenceNumber", 10);
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
const NAME_BYTES = { data: 4, sequence: 14, key: 12, arrival: 27 } as const;

/** Walks one answer at a time. */
class PlainRecords {
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #end = 0;
  /** Where the member at hand ends. */
  #at = 0;
  /** Sequence numbers and keys, one after the other. */
  #texts: Buffer = Buffer.allocUnsafeSlow(TEXTS_BYTES_FIRST);
  #textsView: DataView = new DataView(this.#texts.buffer);
  #textsEnd = 0;
  /** Whether bytes beyond ASCII are known to be UTF-8. */
  #isUtf8 = false;

  /**
   * Finds the records and enters them into the columns, whose offsets point to
   * where base64 stands in the answer, and into the texts.
   *
   * @returns The answer's text without them; undefined if it isn't plain.
   */
  find(
    bytes: Buffer,
    length: number,
    columns: RecordColumns,
  ): string | undefined {
    const answer = bytes.subarray(0, length);
    const name = answer.indexOf(RECORDS, 0, "latin1");
    if (name < 0 || answer.includes(BACKSLASH)) return undefined;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#end = length;
    this.#textsEnd = 0;
    this.#isUtf8 = false;
    const colon = this.#skip(name + RECORDS.length);
    if (bytes[colon] !== COLON) return undefined;
    const from = this.#skip(colon + 1);
    if (bytes[from] !== OPEN_ARRAY) return undefined;
    const to = this.#array(from + 1, columns);
    if (to < 0 || to > length) return undefined;
    const rest = `${bytes.toString("utf8", 0, from)}[]${bytes.toString("utf8", to, length)}`;
    // Of two equal keys the last one counts: let JSON.parse see to that.
    return rest.indexOf(RECORDS) === rest.lastIndexOf(RECORDS)
      ? rest
      : undefined;
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
  #array(from: number, columns: RecordColumns): number {
    const bytes = this.#bytes;
    let at = this.#skip(from);
    if (bytes[at] === CLOSE_ARRAY) return at + 1;
    for (;;) {
      if (at >= this.#end || bytes[at] !== OPEN_OBJECT) return -1;
      at = this.#record(at + 1, columns);
      if (at < 0) return -1;
      at = this.#skip(at);
      if (bytes[at] === CLOSE_ARRAY) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at = this.#skip(at + 1);
    }
  }

  /** The offset behind the record, or -1; enters it into the columns. */
  #record(from: number, columns: RecordColumns): number {
    const bytes = this.#bytes;
    columns.reserve();
    const index = columns.recordCount;
    let has = 0;
    let at = from;
    for (;;) {
      at = this.#skip(at);
      if (at >= this.#end || bytes[at] !== QUOTE) return -1;
      const member = this.#member(at + 1);
      if (member === 0 || (has & member) !== 0) return -1;
      has |= member;
      at = this.#skip(this.#at);
      if (bytes[at] !== COLON) return -1;
      at = this.#skip(at + 1);
      if (!this.#value(member, at, index, columns)) return -1;
      at = this.#skip(this.#at);
      if (bytes[at] === CLOSE_OBJECT) break;
      if (bytes[at] !== COMMA) return -1;
      at++;
    }
    if ((has & NEEDED) !== NEEDED) return -1;
    if ((has & KEY) === 0) {
      columns.keyStarts[index] = this.#textsEnd;
      columns.keyEnds[index] = this.#textsEnd;
    }
    if ((has & ARRIVAL) === 0) columns.arrivalMs[index] = NaN;
    columns.recordCount = index + 1;
    return at + 1;
  }

  /** Which member a name is, 0 for others; moves behind its quote. */
  #member(at: number): number {
    if (this.#end - at < NAME_BYTES_MAX) return this.#memberByText(at);
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
    } else return this.#memberByText(at);
    this.#at = at + length + 1;
    return this.#bytes[at + length] === QUOTE ? member : 0;
  }

  #memberByText(at: number): number {
    const close = this.#bytes.indexOf(QUOTE, at);
    if (close < 0 || close - at >= NAME_BYTES_MAX) return 0;
    this.#at = close + 1;
    return MEMBERS.get(this.#bytes.toString("latin1", at, close)) ?? 0;
  }

  /** Reads a value and moves behind it; false if it isn't plain. */
  #value(
    member: number,
    at: number,
    index: number,
    columns: RecordColumns,
  ): boolean {
    if (member === ARRIVAL) {
      const value = this.#number(at);
      columns.arrivalMs[index] = arrivalToMs(value);
      return !Number.isNaN(value);
    }
    if (this.#bytes[at] !== QUOTE) return false;
    if (member === DATA) {
      const close = this.#bytes.indexOf(QUOTE, at + 1);
      columns.dataStarts[index] = at + 1;
      columns.dataEnds[index] = close;
      this.#at = close + 1;
      return close >= 0 && close < this.#end;
    }
    const start = this.#textsEnd;
    if (!this.#text(at + 1)) return false;
    if (member === SEQUENCE) {
      columns.sequenceStarts[index] = start;
      columns.sequenceEnds[index] = this.#textsEnd;
    } else if (member === KEY) {
      columns.keyStarts[index] = start;
      columns.keyEnds[index] = this.#textsEnd;
    } else this.#textsEnd = start;
    return true;
  }

  /** Copies a string to the texts; false if it has control characters. */
  #text(from: number): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let texts = this.#texts;
    let to = this.#textsEnd;
    let isAscii = true;
    let at = from;
    if (
      end - from >= DIGITS_BYTES_MAX &&
      texts.length - to >= DIGITS_BYTES_MAX
    ) {
      at = this.#digits(from, to);
      to += at - from;
    }
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte < SPACE) return false;
      if (byte > 0x7f) isAscii = false;
      if (to === texts.length) texts = this.#grow();
      texts[to++] = byte;
    }
    this.#textsEnd = to;
    this.#at = at + 1;
    if (at === end) return false;
    if (isAscii) return true;
    this.#isUtf8 ||= isUtf8(bytes.subarray(0, end));
    return this.#isUtf8;
  }

  /** Copies digits, four at a time; the offset behind them. */
  #digits(from: number, to: number): number {
    const view = this.#view;
    const textsView = this.#textsView;
    let at = from;
    let into = to;
    const end = from + DIGITS_BYTES_MAX;
    while (at < end) {
      const four = view.getInt32(at, true);
      // Six more than a digit keeps its high half; any higher byte's changes.
      if (
        (four & 0xf0f0f0f0) !== 0x30303030 ||
        ((four + 0x06060606) & 0xf0f0f0f0) !== 0x30303030
      ) {
        break;
      }
      textsView.setInt32(into, four, true);
      at = (at + 4) | 0;
      into = (into + 4) | 0;
    }
    return at;
  }

  /** Growth is bounded by the answer's bytes. */
  #grow(): Buffer {
    const larger = Buffer.allocUnsafeSlow(this.#texts.length * 2);
    larger.set(this.#texts);
    this.#texts = larger;
    this.#textsView = new DataView(larger.buffer);
    return larger;
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
    if (at > this.#end) return NaN;
    this.#at = at;
    const sum =
      count <= INT_DIGITS_MAX
        ? high
        : high * POWERS[count - INT_DIGITS_MAX]! + low;
    return scale < 0 ? sum / POWERS[-scale]! : sum * POWERS[scale]!;
  }

  /**
   * Decodes the data of the records found and puts the texts behind it.
   *
   * @throws {GarbledAnswerError} If some data is no base64.
   */
  decode(columns: RecordColumns): void {
    const { recordCount, dataStarts, dataEnds } = columns;
    const bytes = this.#bytes;
    let written = 0;
    let base = 0;
    let gathered = 0;
    for (let i = 0; i < recordCount; i++) {
      const start = dataStarts[i]!;
      const end = dataEnds[i]!;
      const length = end - start;
      if (gathered > 0 && gathered + length > CHUNK_BYTES) {
        written = this.#decodeChunk(base, gathered, written);
        gathered = 0;
      }
      let padding = 0;
      if (length > 0 && bytes[end - 1] === PADDING) {
        bytes[end - 1] = LETTER_A;
        padding = 1;
        if (bytes[end - 2] === PADDING) {
          bytes[end - 2] = LETTER_A;
          padding = 2;
        }
      }
      const size = base64Bytes(length, padding);
      if (size < 0) refuse();
      if (gathered === 0) base = start;
      else bytes.copyWithin(base + gathered, start, end);
      const at = written + (gathered / 4) * 3;
      dataStarts[i] = at;
      dataEnds[i] = at + size;
      gathered += length;
    }
    written = this.#decodeChunk(base, gathered, written);
    this.#putTexts(columns, written);
  }

  /** Decodes what was moved together; returns the end of what is written. */
  #decodeChunk(base: number, length: number, at: number): number {
    const size = (length / 4) * 3;
    const text = this.#bytes.toString("latin1", base, base + length);
    // Node's decoder passes over what isn't base64: then it writes less.
    if (this.#bytes.write(text, at, size, "base64") !== size) refuse();
    return at + size;
  }

  #putTexts(columns: RecordColumns, at: number): void {
    const { recordCount } = columns;
    const { sequenceStarts, sequenceEnds, keyStarts, keyEnds } = columns;
    this.#texts.copy(this.#bytes, at, 0, this.#textsEnd);
    for (let i = 0; i < recordCount; i++) {
      sequenceStarts[i]! += at;
      sequenceEnds[i]! += at;
      keyStarts[i]! += at;
      keyEnds[i]! += at;
    }
  }
}

function refuse(): never {
  throw new GarbledAnswerError(
    "Cannot read the JSON answer: a record's data is no base64",
  );
}

const plainRecords = new PlainRecords();

/**
 * Walks the records of an answer if all of them are plain.
 *
 * @param bytes Holds the answer from its start; overwritten on success only.
 * @param length The answer's bytes; the buffer may be longer.
 * @param columns Get the records; they mean nothing when it returns undefined.
 * @returns The answer's text with no records in it; undefined if it isn't
 * plain.
 * @throws {GarbledAnswerError} If a record's data is no base64.
 */
export function walkPlainRecords(
  bytes: Buffer,
  length: number,
  columns: RecordColumns,
): string | undefined {
  const rest = plainRecords.find(bytes, length, columns);
  if (rest !== undefined) plainRecords.decode(columns);
  return rest;
}

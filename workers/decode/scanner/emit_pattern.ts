/**
 * Code that compares bytes with a pattern, four or eight at a time.
 *
 * In the emitted code `view` is a DataView of the buffer and `p` the position;
 * `| 0` says that positions are 32-bit integers, which spares overflow checks.
 *
 * @module
 */

/** A byte of a pattern: this very byte, or any digit. */
export type PatternByte = number | "digit";

/** Bytes of an integer and of a double. */
const WORD_BYTES = 4;
const DOUBLE_BYTES = 8;

/** High half of every digit. */
const DIGIT_HIGH = 0x30;
/** Added to a digit it leaves the high half as it is; to any byte after "9", not. */
const PAST_NINE = 6;

/** A little-endian 32-bit integer made of one byte for each byte of a group. */
function word(
  group: readonly PatternByte[],
  byteOf: (byte: PatternByte) => number,
): number {
  return group.reduce<number>(
    (sum, byte, i) => sum | (byteOf(byte) << (8 * i)),
    0,
  );
}

/** Where groups of bytes begin; the last may overlap the one before. */
function groupStarts(length: number, size: number): number[] {
  const starts: number[] = [];
  for (let at = 0; at + size <= length; at += size) starts.push(at);
  if (length % size !== 0) starts.push(length - size);
  return starts;
}

/** Expressions that are 0 exactly when the group in `name` matches. */
function differences(name: string, group: readonly PatternByte[]): string[] {
  const expected = word(group, (byte) =>
    byte === "digit" ? DIGIT_HIGH : byte,
  );
  if (!group.includes("digit")) return [`(${name} ^ ${expected})`];
  const mask = word(group, (byte) => (byte === "digit" ? 0xf0 : 0xff));
  const high = word(group, (byte) => (byte === "digit" ? 0xf0 : 0));
  const digits = word(group, (byte) => (byte === "digit" ? DIGIT_HIGH : 0));
  const past = word(group, (byte) => (byte === "digit" ? PAST_NINE : 0));
  return [
    `((${name} & ${mask}) ^ ${expected})`,
    `(((${name} + ${past}) & ${high}) ^ ${digits})`,
  ];
}

/** Reads a 32-bit integer at `p + offset`. */
function readWord(offset: number): string {
  return `view.getInt32((p + ${offset}) | 0, true)`;
}

/** Reads eight bytes at `p + offset` as a double, to be compared only. */
export function readDouble(offset: number): string {
  return `view.getFloat64((p + ${offset}) | 0, true)`;
}

/** Code that compares with a pattern, and where its digits are found. */
export interface PatternCode {
  /** Statements that read the bytes. */
  readonly reads: string;
  /** Expression that is 0 exactly when they match. */
  readonly difference: string;
  /** Expression for the digit at an index of the pattern. */
  digit(index: number): string;
}

/**
 * Compares the bytes at `p + offset` with a pattern of four bytes or more.
 *
 * @param pattern The bytes.
 * @param offset Where they stand from `p` on.
 */
export function emitPattern(
  pattern: readonly PatternByte[],
  offset: number,
): PatternCode {
  const starts = groupStarts(pattern.length, WORD_BYTES);
  const name = (start: number) => `g${offset + start}`;
  return {
    reads: starts
      .map((start) => `const ${name(start)} = ${readWord(offset + start)};`)
      .join("\n"),
    difference: starts
      .flatMap((start) =>
        differences(name(start), pattern.slice(start, start + WORD_BYTES)),
      )
      .join(" | "),
    digit(index) {
      const start = starts.findLast((one) => one <= index) ?? 0;
      return `((${name(start)} >>> ${8 * (index - start)}) & 15)`;
    },
  };
}

/**
 * Whether eight bytes are equal to others exactly when the doubles are: not for
 * zeros, of which there are two, nor for what is no number.
 */
function comparesAsDouble(value: number): boolean {
  return value !== 0 && !Number.isNaN(value);
}

/** Conditions that some bytes of a literal differ, the first ones first. */
function differs(literal: Buffer, size: number): string[] {
  return groupStarts(literal.length, size).flatMap((start) => {
    if (size === DOUBLE_BYTES) {
      const value = literal.readDoubleLE(start);
      return comparesAsDouble(value)
        ? [`${readDouble(start)} !== ${value}`]
        : [0, WORD_BYTES].map(
            (half) =>
              `${readWord(start + half)} !== ${literal.readInt32LE(start + half)}`,
          );
    }
    return size === WORD_BYTES
      ? [`${readWord(start)} !== ${literal.readInt32LE(start)}`]
      : [`bytes[(p + ${start}) | 0] !== ${literal[start]}`];
  });
}

/**
 * Verifies every byte of a literal and moves behind it; returns from the
 * scanner when one differs.
 */
export function emitLiteral(bytes: Uint8Array): string {
  const literal = Buffer.from(bytes);
  const size =
    [DOUBLE_BYTES, WORD_BYTES].find((one) => one <= literal.length) ?? 1;
  return `if (${differs(literal, size).join(" ||\n  ")}) return false;
p = (p + ${literal.length}) | 0;`;
}

/** The bytes of a text as a pattern. */
export function exactly(text: string): PatternByte[] {
  return [...Buffer.from(text)];
}

/** Some digits as a pattern. */
export function digits(count: number): PatternByte[] {
  return new Array<PatternByte>(count).fill("digit");
}

/**
 * A text is a row of CSV: a line, or several where a quoted field holds line
 * feeds.
 *
 * @module
 */
import { ROW_BYTES_MAX } from "./limits.ts";
import type { FoundText, Splitter } from "./splitter.ts";

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/**
 * Where a row with quotes ends, behind its line feed.
 *
 * @param start Where it begins.
 * @param to Where what is known ends.
 * @param comma The byte between fields.
 * @returns -1 when it doesn't.
 */
function quotedRowEnd(
  bytes: Buffer,
  [start, to]: readonly [number, number],
  comma: number,
): number {
  let isFieldStart = true;
  for (let i = start; i < to; i++) {
    const byte = bytes[i];
    if (byte === LINE_FEED) return i + 1;
    if (isFieldStart && byte === QUOTE) {
      for (i++; i < to; i++) {
        if (bytes[i] !== QUOTE) continue;
        // Two are one that belongs to the field.
        if (bytes[i + 1] !== QUOTE) break;
        i++;
      }
    }
    isFieldStart = byte === comma;
  }
  return -1;
}

/** The splitter. */
export class RowSplitter implements Splitter {
  readonly #comma: number;

  /** @param comma The character between fields. */
  constructor(comma: string) {
    this.#comma = comma.charCodeAt(0);
  }

  split(bytes: Buffer, to: number, found: FoundText): number {
    let start = 0;
    let quote = -1;
    for (;;) {
      const feed = bytes.indexOf(LINE_FEED, start);
      if (feed < 0 || feed >= to) return start;
      if (quote < start) {
        quote = bytes.indexOf(QUOTE, start);
        if (quote < 0) quote = to;
      }
      let end = feed + 1;
      if (quote < feed) {
        const known = Math.min(to, start + ROW_BYTES_MAX);
        const whole = quotedRowEnd(bytes, [start, known], this.#comma);
        if (whole >= 0) end = whole;
        else if (known === to) return start;
        // A quote that nobody closed: only its own line is lost.
      }
      found(start, end);
      start = end;
    }
  }

  reset(): void {
    // Rows are looked for from their beginning each time.
  }
}

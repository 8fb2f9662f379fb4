// Hot path: every byte of texts without line feeds between them is looked at
// once. Measured by the glued case of perf/source_bench.ts; the test has
// JSON.parse as its reference.

import type { FoundText, Splitter } from "./splitter.ts";

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Bytes that mean something outside strings; others are parts of values. */
const OUTSIDE = 0;
const INSIDE = 1;
const STRING = 2;

/** What an array of objects has around them. */
function isBetween(byte: number): boolean {
  return byte === COMMA || byte === BRACKET_OPEN || byte === BRACKET_CLOSE;
}

/**
 * Splits JSON objects that follow each other with or without something between
 * them, as Firehose writes them; an array of objects too.
 *
 * What can't be JSON is given out as a text too, up to where the next object
 * seems to begin: a brace where none may be, a line feed in a string, something
 * other than a comma, colon or closing mark behind a string.
 */
export class JsonTextSplitter implements Splitter {
  #state = OUTSIDE;
  #depth = 0;
  #isEscaped = false;
  /** Last byte that is no blank, inside and outside of strings. */
  #last = 0;
  /** Bytes of the unfinished text that were looked at. */
  #scanned = 0;

  split(bytes: Buffer, to: number, found: FoundText): number {
    let start = this.#scanned === 0 ? -1 : 0;
    let state = this.#state;
    let depth = this.#depth;
    let isEscaped = this.#isEscaped;
    let last = this.#last;
    for (let i = this.#scanned; i < to; i++) {
      const byte = bytes[i]!;
      if (state === STRING) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) {
          state = INSIDE;
          last = QUOTE;
        } else if (byte === LINE_FEED) {
          found(start, i);
          start = -1;
          state = OUTSIDE;
        }
        continue;
      }
      const isBlank =
        byte === SPACE ||
        byte === LINE_FEED ||
        byte === CARRIAGE_RETURN ||
        byte === TAB;
      if (isBlank) continue;
      if (state === OUTSIDE) {
        if (byte === BRACE_OPEN) {
          if (start >= 0) found(start, i);
          start = i;
          state = INSIDE;
          depth = 1;
        } else if (start < 0 && !isBetween(byte)) start = i;
        last = byte;
        continue;
      }
      const isBroken =
        byte === BRACE_OPEN
          ? last !== BRACKET_OPEN && last !== COMMA && last !== COLON
          : last === QUOTE &&
            byte !== COLON &&
            byte !== COMMA &&
            byte !== BRACE_CLOSE &&
            byte !== BRACKET_CLOSE;
      last = byte;
      if (isBroken) {
        found(start, i);
        start = i;
        depth = 1;
        state = byte === BRACE_OPEN ? INSIDE : OUTSIDE;
      } else if (byte === QUOTE) state = STRING;
      else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth++;
      else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) {
        depth--;
        if (depth === 0) {
          found(start, i + 1);
          start = -1;
          state = OUTSIDE;
        }
      }
    }
    this.#state = state;
    this.#depth = depth;
    this.#isEscaped = isEscaped;
    this.#last = last;
    this.#scanned = start < 0 ? 0 : to - start;
    return start < 0 ? to : start;
  }

  reset(): void {
    this.#state = OUTSIDE;
    this.#scanned = 0;
    this.#isEscaped = false;
  }
}

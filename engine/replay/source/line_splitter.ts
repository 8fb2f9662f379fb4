/**
 * A text is a line.
 *
 * @module
 */
import type { FoundText, Splitter } from "./splitter.ts";

const LINE_FEED = 0x0a;

/** The splitter; a line has its line feed at its end. */
export class LineSplitter implements Splitter {
  /** Bytes of the unfinished line that have no line feed. */
  #scanned = 0;

  split(bytes: Buffer, to: number, found: FoundText): number {
    let start = 0;
    let from = this.#scanned;
    for (;;) {
      const feed = bytes.indexOf(LINE_FEED, from);
      if (feed < 0 || feed >= to) break;
      found(start, feed + 1);
      start = feed + 1;
      from = start;
    }
    this.#scanned = to - start;
    return start;
  }

  reset(): void {
    this.#scanned = 0;
  }
}

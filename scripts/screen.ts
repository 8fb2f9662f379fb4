/**
 * The terminal below the log lines: while a live view stands there, a line is
 * written above it.
 *
 * @module
 */
import type { LineWriter } from "../engine/log.ts";

/** Writes lines; a live view may hold it and do that itself. */
export class Screen implements LineWriter {
  readonly #output: NodeJS.WritableStream;
  #holder: ((line: string) => void) | undefined;

  constructor(output: NodeJS.WritableStream) {
    this.#output = output;
  }

  /** Writes one line, its line feed included. */
  write(line: string): void {
    if (this.#holder === undefined) this.#output.write(line);
    else this.#holder(line);
  }

  /** From now on lines go to `holder`. */
  hold(holder: (line: string) => void): void {
    this.#holder = holder;
  }

  /** Lines go to the output again. */
  release(): void {
    this.#holder = undefined;
  }
}

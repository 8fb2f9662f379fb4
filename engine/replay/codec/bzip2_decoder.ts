/**
 * bzip2, streams one after the other too.
 *
 * @module
 */
import { createRequire } from "node:module";
import { CUT_OFF, type PushDecoder } from "./push_decoder.ts";

/** Loaded with the first file of this kind. */
function load(): typeof import("unbzip2-stream") {
  return createRequire(import.meta.url)("unbzip2-stream");
}

/** The decoder. */
export class Bzip2Decoder implements PushDecoder {
  /** Works within `write`; it is a stream in its shape only. */
  readonly #stream = load()();
  #found: Uint8Array[] = [];
  #error: Error | undefined;

  constructor() {
    this.#stream.on("data", (data: Buffer) => this.#found.push(data));
    this.#stream.on("error", (error: Error) => {
      this.#error ??= error;
    });
  }

  push(bytes: Uint8Array): Uint8Array[] {
    this.#stream.write(Buffer.from(bytes));
    return this.#take();
  }

  end(): Uint8Array[] {
    this.#stream.end();
    return this.#take();
  }

  #take(): Uint8Array[] {
    if (this.#error !== undefined) {
      // It reads past the end of what is cut off.
      const isCut =
        this.#error instanceof TypeError ||
        this.#error.message.includes("prematurely");
      throw new Error(
        isCut ? CUT_OFF : `it is damaged (${this.#error.message})`,
      );
    }
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

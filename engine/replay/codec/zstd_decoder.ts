/**
 * Zstandard in JavaScript, for runtimes whose zlib has none: frames one after
 * the other, frames to skip. Content checksums are not looked at.
 *
 * @module
 */
import { Decompress } from "fzstd";
import { CUT_OFF, type PushDecoder } from "./push_decoder.ts";

/** The decoder. */
export class ZstdDecoder implements PushDecoder {
  readonly #decompress: Decompress;
  #found: Uint8Array[] = [];

  constructor() {
    this.#decompress = new Decompress((data) => {
      if (data.length > 0) this.#found.push(data);
    });
  }

  push(bytes: Uint8Array): Uint8Array[] {
    return this.#pushed(bytes, false);
  }

  end(): Uint8Array[] {
    return this.#pushed(new Uint8Array(0), true);
  }

  #pushed(bytes: Uint8Array, isLast: boolean): Uint8Array[] {
    try {
      this.#decompress.push(bytes, isLast);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(
        isLast || /EOF/.test(reason) ? CUT_OFF : `it is damaged (${reason})`,
      );
    }
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

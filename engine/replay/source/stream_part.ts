/**
 * Standard input as a source's only part.
 *
 * @module
 */
import type { Readable } from "node:stream";
import { errorLine, FlagdropError } from "../../errors.ts";
import type { ByteRange, Inputs } from "./input_part.ts";

/** Inputs that are one stream, such as `process.stdin`. */
export function streamInputs(stream: Readable): Inputs {
  let isOpen = false;
  async function* open({ start }: ByteRange): AsyncGenerator<Uint8Array, void> {
    if (isOpen || start > 0) {
      throw new FlagdropError(
        "FD_SOURCE",
        "Cannot read standard input a second time: give a file instead of -",
        { domain: "user" },
      );
    }
    isOpen = true;
    try {
      for await (const bytes of stream) yield bytes as Uint8Array;
    } catch (error) {
      throw new FlagdropError(
        "FD_SOURCE",
        `Cannot read standard input: ${errorLine(error)}`,
        { cause: error },
      );
    }
  }
  const part = {
    name: "-",
    version: "",
    sizeBytes: undefined,
    path: undefined,
    open,
  };
  return { name: "-", parts: [part], close: async () => {} };
}

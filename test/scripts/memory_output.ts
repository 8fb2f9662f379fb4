/** A stream that remembers what was written, for tests of commands. */
import { Writable } from "node:stream";

/** Remembers everything; `isTTY` makes it a terminal. */
export class MemoryOutput extends Writable {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 24;

  constructor({ isTTY = false } = {}) {
    super();
    this.isTTY = isTTY;
  }

  override _write(
    chunk: Buffer,
    _: BufferEncoding,
    done: (error?: Error) => void,
  ): void {
    this.text += chunk.toString();
    done();
  }
}

/**
 * The chunked transfer coding, taken apart as it comes.
 *
 * @module
 */
import { HttpFormatError } from "./answer_head.ts";
import { CHUNK_LINE_BYTES_MAX, HEAD_BYTES_MAX } from "./limits.ts";

const CR = 13;
const LF = 10;

/** Size in hexadecimal digits, then extensions that nobody needs. */
const SIZE_LINE_REGEXP = /^([\dA-Fa-f]{1,8})(?:[\t ]*;[\t\x20-\x7e]*)?$/;
const TRAILER_LINE_REGEXP =
  /^[!#$%&'*+\-.^_`|~\dA-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

function fail(reason: string): never {
  throw new HttpFormatError(`the answer is no HTTP/1.1: ${reason}`);
}

/** Takes bytes of a chunked body and gives its data. */
export class ChunkedBody {
  #state: "size" | "data" | "data_end" | "trailer" | "done" = "size";
  #line = "";
  #left = 0;
  #trailerBytes = 0;

  /** Whether the last chunk and its trailer have come. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /**
   * Takes some bytes.
   *
   * @param bytes They.
   * @param take Called with each piece of data.
   * @returns How many were used: fewer than there are once the body is done.
   * @throws {HttpFormatError} If it isn't chunked.
   */
  feed(bytes: Buffer, take: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        take(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = "data_end";
      } else at = this.#readLine(bytes, at);
    }
    return at;
  }

  /** Adds to a line up to its end, and acts on it then. */
  #readLine(bytes: Buffer, from: number): number {
    const lineFeed = bytes.indexOf(LF, from);
    const end = lineFeed < 0 ? bytes.length : lineFeed + 1;
    this.#line += bytes.toString("latin1", from, end);
    const isTrailer = this.#state === "trailer";
    if (
      this.#line.length > (isTrailer ? HEAD_BYTES_MAX : CHUNK_LINE_BYTES_MAX)
    ) {
      fail("a chunk's line is too long");
    }
    if (lineFeed < 0) return end;
    const line = this.#line;
    this.#line = "";
    if (line.charCodeAt(line.length - 2) !== CR) fail("a line ends in LF only");
    this.#takeLine(line.slice(0, -2));
    return end;
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case "size": {
        const size = SIZE_LINE_REGEXP.exec(line)?.[1];
        if (size === undefined) fail("a chunk has no proper size");
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? "trailer" : "data";
        return;
      }
      case "data_end":
        if (line !== "") fail("a chunk is longer than it says");
        this.#state = "size";
        return;
      default:
        this.#trailerBytes += line.length;
        if (this.#trailerBytes > HEAD_BYTES_MAX)
          fail("its trailer is too long");
        if (line === "") this.#state = "done";
        else if (!TRAILER_LINE_REGEXP.test(line)) fail("its trailer is odd");
    }
  }
}

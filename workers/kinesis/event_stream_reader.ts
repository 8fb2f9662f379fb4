/**
 * Reads `application/vnd.amazon.eventstream`: messages with headers, a payload
 * and two checksums, out of chunks that are cut anywhere.
 *
 * Strict: lengths and both checksums are verified, headers must fill their
 * part exactly, and whatever is odd is a {@linkcode GarbledAnswerError}, after
 * which the stream can't be read on. The prelude is verified before memory is
 * taken for its message. A message is put together in one buffer; its payload
 * is handed out where it lies.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { GarbledAnswerError } from "../../engine/kinesis/request_error.ts";
import type { AnswerBuffers } from "./answer_buffers.ts";
import { eventHeaders } from "./event_headers.ts";
import { EVENT_BYTES_MAX, EVENT_HEADER_BYTES_MAX } from "./limits.ts";

/** Total length, length of the headers, and a checksum of the two. */
const PRELUDE_BYTES = 12;

/** The prelude's own checksum stands here. */
const PRELUDE_CHECKSUM_AT = 8;

/** The checksum of everything before it. */
const CHECKSUM_BYTES = 4;

/** One whole message. */
export interface EventMessage {
  /** Headers that are texts, by name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Its payload; belongs to the message until that is released. */
  readonly payload: Buffer;
  /** Gives its memory back. To be called once. */
  release(): void;
}

function garbled(reason: string): never {
  throw new GarbledAnswerError(`Cannot read the event stream: ${reason}`);
}

/** Puts messages together. */
export class EventStreamReader {
  readonly #buffers: AnswerBuffers;
  readonly #prelude = Buffer.alloc(PRELUDE_BYTES);
  /** What came and was not looked at yet. */
  #chunks: Buffer[] = [];
  /** Bytes of the present message that are there, prelude included. */
  #filled = 0;
  #totalBytes = 0;
  #headerBytes = 0;
  /** Undefined until the prelude is whole. */
  #message: Buffer | undefined;

  constructor(buffers: AnswerBuffers) {
    this.#buffers = buffers;
  }

  /** Whether part of a message is there: an end now would be a cut. */
  get isInside(): boolean {
    return this.#filled > 0 || this.#chunks.length > 0;
  }

  /** Takes a chunk; keeps it until `next()` has read it. */
  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /**
   * The next message; undefined while it isn't whole.
   *
   * @throws {GarbledAnswerError} If it is no message.
   */
  next(): EventMessage | undefined {
    for (let chunk = this.#chunks[0]; chunk; chunk = this.#chunks[0]) {
      const used = this.#fill(chunk);
      if (used === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(used);
      if (this.#message !== undefined && this.#filled === this.#totalBytes) {
        return this.#finish(this.#message);
      }
    }
    return undefined;
  }

  /** Copies what belongs to the present message; gives its length. */
  #fill(chunk: Buffer): number {
    const message = this.#message;
    const end = message === undefined ? PRELUDE_BYTES : this.#totalBytes;
    const used = Math.min(chunk.length, end - this.#filled);
    chunk.copy(message ?? this.#prelude, this.#filled, 0, used);
    this.#filled += used;
    if (message === undefined && this.#filled === PRELUDE_BYTES) this.#begin();
    return used;
  }

  /** The prelude is there. */
  #begin(): void {
    const prelude = this.#prelude;
    const checksum = crc32(prelude.subarray(0, PRELUDE_CHECKSUM_AT));
    if (checksum !== prelude.readUInt32BE(PRELUDE_CHECKSUM_AT)) {
      garbled("a prelude's checksum is wrong");
    }
    this.#totalBytes = prelude.readUInt32BE(0);
    this.#headerBytes = prelude.readUInt32BE(4);
    if (this.#totalBytes > EVENT_BYTES_MAX) {
      garbled(`a message has ${this.#totalBytes} bytes`);
    }
    if (this.#headerBytes > EVENT_HEADER_BYTES_MAX) {
      garbled(`a message has ${this.#headerBytes} bytes of headers`);
    }
    if (this.#totalBytes < PRELUDE_BYTES + this.#headerBytes + CHECKSUM_BYTES) {
      garbled("a message's headers are longer than itself");
    }
    this.#message = this.#buffers.take(this.#totalBytes);
    prelude.copy(this.#message);
  }

  #finish(message: Buffer): EventMessage {
    const end = this.#totalBytes - CHECKSUM_BYTES;
    const headersEnd = PRELUDE_BYTES + this.#headerBytes;
    if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) {
      garbled("a message's checksum is wrong");
    }
    const headers = eventHeaders(message.subarray(PRELUDE_BYTES, headersEnd));
    this.#message = undefined;
    this.#filled = 0;
    return {
      headers,
      payload: message.subarray(headersEnd, end),
      release: () => this.#buffers.give(message),
    };
  }

  /** Forgets what isn't whole. Messages handed out stay as they are. */
  close(): void {
    if (this.#message !== undefined) this.#buffers.give(this.#message);
    this.#message = undefined;
    this.#chunks = [];
    this.#filled = 0;
  }
}

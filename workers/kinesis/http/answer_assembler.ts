/**
 * Puts one answer together in one buffer, as its bytes come.
 *
 * Once the length of a body is known, the socket reads straight into the
 * answer's buffer: nothing is copied but what came with the head.
 *
 * @module
 */
import type { AnswerBuffers } from "../answer_buffers.ts";
import type { HttpAnswer } from "../http_post.ts";
import { ANSWER_BYTES_MAX } from "../limits.ts";
import {
  type AnswerHead,
  HttpFormatError,
  parseAnswerHead,
} from "./answer_head.ts";
import { ChunkedBody } from "./chunked_body.ts";
import { HEAD_BYTES_MAX, INTERIM_ANSWERS_MAX } from "./limits.ts";

const HEAD_END = "\r\n\r\n";

/** One answer under way. */
export class AnswerAssembler {
  readonly #buffers: AnswerBuffers;
  /** Of the head that has not ended, latin1. */
  #headText = "";
  #head: AnswerHead | undefined;
  #interimAnswers = 0;
  #chunked: ChunkedBody | undefined;
  #bytes: Buffer | undefined;
  #length = 0;
  #isDone = false;
  /** Whether any byte has come. */
  hasBegun = false;

  constructor(buffers: AnswerBuffers) {
    this.#buffers = buffers;
  }

  /** Its head, once it is there. */
  get head(): AnswerHead | undefined {
    return this.#head;
  }

  /** Whether it is complete. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Where the next bytes may be put, or undefined to `feed` them. */
  room(): Buffer | undefined {
    const framing = this.#head?.framing;
    if (this.#isDone || framing?.type !== "length") return undefined;
    return this.#bytes?.subarray(this.#length, framing.bytes);
  }

  /** Bytes were put into the room. */
  filled(count: number): void {
    this.#length += count;
    this.#checkLength();
  }

  /**
   * Takes bytes that came elsewhere.
   *
   * @returns How many were used: fewer than there are once it is complete.
   * @throws {HttpFormatError} If the answer isn't HTTP/1.1.
   */
  feed(chunk: Buffer): number {
    this.hasBegun ||= chunk.length > 0;
    let used = 0;
    while (used < chunk.length && !this.#isDone) {
      const rest = used === 0 ? chunk : chunk.subarray(used);
      used +=
        this.#head === undefined ? this.#feedHead(rest) : this.#feedBody(rest);
    }
    return used;
  }

  /** The connection has ended: some answers end with it. */
  end(): void {
    if (this.#head?.framing.type === "close") this.#isDone = true;
  }

  /** The answer; it belongs to the caller. Only when it is complete. */
  take(): HttpAnswer {
    const bytes = this.#bytes ?? this.#buffers.take(0);
    this.#bytes = undefined;
    return {
      status: this.#head?.status ?? 0,
      headers: this.#head?.headers ?? {},
      bytes,
      length: this.#length,
    };
  }

  /** Gives its memory back; nobody may put bytes into the room any more. */
  discard(): void {
    if (this.#bytes !== undefined) this.#buffers.give(this.#bytes);
    this.#bytes = undefined;
    this.#isDone = true;
  }

  #feedHead(chunk: Buffer): number {
    const before = this.#headText.length;
    // Of the body nothing becomes text: a header is a part of the text that it
    // was cut out of, and would keep all of it as long as the answer is read.
    const found = before === 0 ? chunk.indexOf(HEAD_END) : -1;
    const to = found < 0 ? chunk.length : found + HEAD_END.length;
    this.#headText += chunk.toString(
      "latin1",
      0,
      Math.min(to, HEAD_BYTES_MAX + 1),
    );
    // The end may lie across chunks.
    const end = this.#headText.indexOf(HEAD_END, Math.max(0, before - 3));
    if (end < 0) {
      if (this.#headText.length > HEAD_BYTES_MAX) {
        throw new HttpFormatError("the answer's head is too long");
      }
      return chunk.length;
    }
    const head = parseAnswerHead(this.#headText.slice(0, end));
    this.#headText = "";
    if (head.status < 200) this.#skipInterim(head.status);
    else this.#begin(head);
    return end + HEAD_END.length - before;
  }

  #skipInterim(status: number): void {
    if (status === 101 || ++this.#interimAnswers > INTERIM_ANSWERS_MAX) {
      throw new HttpFormatError(`the answer's status ${status} is unexpected`);
    }
  }

  #begin(head: AnswerHead): void {
    const { framing } = head;
    this.#head = head;
    this.#bytes = this.#buffers.take(
      framing.type === "length" ? framing.bytes : 0,
    );
    if (framing.type === "chunked") this.#chunked = new ChunkedBody();
    if (framing.type === "none") this.#isDone = true;
    this.#checkLength();
  }

  #feedBody(chunk: Buffer): number {
    if (this.#chunked !== undefined) {
      const used = this.#chunked.feed(chunk, (data) => this.#append(data));
      this.#isDone = this.#chunked.isDone;
      return used;
    }
    const framing = this.#head?.framing;
    const left =
      framing?.type === "length" ? framing.bytes - this.#length : chunk.length;
    const used = Math.min(left, chunk.length);
    this.#append(used === chunk.length ? chunk : chunk.subarray(0, used));
    this.#checkLength();
    return used;
  }

  #checkLength(): void {
    const framing = this.#head?.framing;
    if (framing?.type === "length" && this.#length === framing.bytes) {
      this.#isDone = true;
    }
  }

  #append(data: Buffer): void {
    const length = this.#length + data.length;
    if (length > ANSWER_BYTES_MAX) {
      throw new HttpFormatError(
        `the answer is larger than ${ANSWER_BYTES_MAX} bytes`,
      );
    }
    let bytes = this.#bytes;
    if (bytes === undefined) return;
    if (length > bytes.length) {
      const larger = this.#buffers.take(length);
      bytes.copy(larger, 0, 0, this.#length);
      this.#buffers.give(bytes);
      this.#bytes = bytes = larger;
    }
    bytes.set(data, this.#length);
    this.#length = length;
  }
}

/**
 * Records that wait for one shard, first in first out.
 *
 * @module
 */
import type { PutChunk } from "./put_chunk.ts";

/** Taken records before the columns are moved together. */
const TAKEN_MAX = 4_096;

/** The queue; two columns instead of an object a record. */
export class PutQueue {
  #chunks: PutChunk[] = [];
  #indexes: number[] = [];
  #head = 0;

  /** Records in it. */
  get size(): number {
    return this.#chunks.length - this.#head;
  }

  /** Chunk of the first record. */
  get chunk(): PutChunk | undefined {
    return this.#chunks[this.#head];
  }

  /** Index of the first record in its chunk. */
  get index(): number {
    return this.#indexes[this.#head] ?? -1;
  }

  /** Bytes of the first record; 0 if there is none. */
  get byteCount(): number {
    const { chunk, index } = this;
    if (chunk === undefined) return 0;
    return (chunk.ends[index] ?? 0) - (chunk.starts[index] ?? 0);
  }

  /** Adds a record at the end. */
  push(chunk: PutChunk, index: number): void {
    this.#chunks.push(chunk);
    this.#indexes.push(index);
  }

  /** Drops the first record. */
  shift(): void {
    if (++this.#head < TAKEN_MAX) return;
    this.#chunks = this.#chunks.slice(this.#head);
    this.#indexes = this.#indexes.slice(this.#head);
    this.#head = 0;
  }

  /** Puts records back in front of all others, in their order. */
  unshift(chunks: readonly PutChunk[], indexes: readonly number[]): void {
    this.#chunks = chunks.concat(this.#chunks.slice(this.#head));
    this.#indexes = indexes.concat(this.#indexes.slice(this.#head));
    this.#head = 0;
  }
}

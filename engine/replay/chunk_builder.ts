/**
 * Collects events of one buffer into a chunk.
 *
 * @module
 */
import type { EventChunk, SourcePosition } from "./event_chunk.ts";

/** The builder; its columns are as long as the most events it takes. */
export class ChunkBuilder {
  readonly #eventsMax: number;
  #starts: Uint32Array;
  #ends: Uint32Array;
  #timesMs: Float64Array;
  #count = 0;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
    this.#starts = new Uint32Array(eventsMax);
    this.#ends = new Uint32Array(eventsMax);
    this.#timesMs = new Float64Array(eventsMax);
  }

  /** Events added since the last chunk. */
  get count(): number {
    return this.#count;
  }

  /** Whether it takes no more. */
  get isFull(): boolean {
    return this.#count === this.#eventsMax;
  }

  /**
   * Adds an event.
   *
   * @param start Where it begins in the buffer.
   * @param end Where it ends, exclusive.
   * @param timeMs Its event time, epoch ms.
   */
  add(start: number, end: number, timeMs: number): void {
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#timesMs[this.#count] = timeMs;
    this.#count++;
  }

  /**
   * The chunk; the builder is empty afterwards.
   *
   * @param bytes Where the events are.
   * @param position Of the first of them.
   */
  take(bytes: Buffer, position: SourcePosition): EventChunk {
    const chunk = {
      position,
      bytes,
      count: this.#count,
      starts: this.#starts,
      ends: this.#ends,
      timesMs: this.#timesMs,
    };
    this.#starts = new Uint32Array(this.#eventsMax);
    this.#ends = new Uint32Array(this.#eventsMax);
    this.#timesMs = new Float64Array(this.#eventsMax);
    this.#count = 0;
    return chunk;
  }
}

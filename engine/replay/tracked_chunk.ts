/**
 * Which events of a chunk the stream has taken, and the least event time of
 * those it hasn't.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PutChunk } from "../kinesis/put_chunk.ts";
import type { SourcePosition } from "./event_chunk.ts";
import type { InputChunk, InputRound } from "./replay_input.ts";

/** A chunk on its way. */
export class TrackedChunk implements PutChunk {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly timesMs: Float64Array;
  readonly count: number;
  /** Where its first event is. */
  readonly position: SourcePosition;
  readonly round: InputRound;
  /** Least event time from each event to the chunk's end. */
  readonly #leastFromMs: Float64Array;
  readonly #isTaken: Uint8Array;
  /** First event that was not taken. */
  #first = 0;

  constructor(chunk: InputChunk) {
    const { bytes, starts, ends, timesMs, count, position } = chunk;
    this.position = position;
    this.round = { round: chunk.round, shiftMs: chunk.shiftMs };
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
    this.timesMs = timesMs;
    this.count = count;
    this.#isTaken = new Uint8Array(count);
    this.#leastFromMs = new Float64Array(count);
    let least = Number.POSITIVE_INFINITY;
    for (let i = count - 1; i >= 0; i--) {
      least = Math.min(least, timesMs[i] ?? least);
      this.#leastFromMs[i] = least;
    }
  }

  /** Whether all events were taken. */
  get isDone(): boolean {
    return this.#first === this.count;
  }

  /** How many events at its beginning were taken without a gap. */
  get takenCount(): number {
    return this.#first;
  }

  /** Least event time from an event to the chunk's end, epoch ms. */
  leastFromMs(index: number): number {
    return this.#leastFromMs[index] ?? Number.POSITIVE_INFINITY;
  }

  /**
   * A bound that no event not yet taken is before, epoch ms; Infinity when all
   * were. It is exact as long as events are taken in order.
   */
  get leastPendingMs(): number {
    return this.leastFromMs(this.#first);
  }

  /** Notes that the stream has taken an event. */
  acknowledge(index: number): void {
    assert(this.#isTaken[index] === 0, "an event is acknowledged once");
    this.#isTaken[index] = 1;
    while (this.#isTaken[this.#first] === 1) this.#first++;
  }
}

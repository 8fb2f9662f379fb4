/**
 * What became of all records of a run.
 *
 * @module
 */
import type { CountsDelta } from "../messages.ts";
import type { CountsStatus } from "../status/status.ts";

/** Adds up the counts of flushes. */
export class RunCounts {
  readonly #reasons: readonly string[];
  readonly #filtered: number[];
  #read = 0;
  #tallied = 0;
  #watermarksTaken = 0;
  #watermarksRefused = 0;
  #dead = 0;
  #late = 0;
  #outOfRange = 0;
  #afterIdle = 0;
  #eventTimesRefused = 0;
  #idsForgotten = 0;
  #withoutId = 0;
  #bytes = 0;

  constructor(reasons: readonly string[]) {
    this.#reasons = reasons;
    this.#filtered = reasons.map(() => 0);
  }

  /** Bytes of payload. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Events whose time was too far ahead to move the watermark. */
  get eventTimesRefused(): number {
    return this.#eventTimesRefused;
  }

  /** What `dedupe` could not know. */
  get dedupe(): { idsForgotten: number; withoutId: number } {
    return { idsForgotten: this.#idsForgotten, withoutId: this.#withoutId };
  }

  /** User records read. */
  get read(): number {
    return this.#read;
  }

  /** Adds one flush's counts. */
  add(delta: CountsDelta): void {
    this.#read += delta.read;
    this.#tallied += delta.tallied;
    this.#watermarksTaken += delta.watermarksTaken;
    this.#watermarksRefused += delta.watermarksRefused;
    this.#dead += delta.dead;
    this.#late += delta.late;
    this.#outOfRange += delta.outOfRange;
    this.#eventTimesRefused += delta.eventTimesRefused;
    this.#idsForgotten += delta.idsForgotten;
    this.#withoutId += delta.withoutId;
    this.#bytes += delta.bytes;
    for (const [i, count] of delta.filtered.entries()) {
      this.#filtered[i] = (this.#filtered[i] ?? 0) + count;
    }
  }

  /** Events tallied by workers whose windows were gone; see `CountsStatus`. */
  get afterIdle(): number {
    return this.#afterIdle;
  }

  /** Takes events that were tallied for those that came after their window. */
  addAfterIdle(count: number): void {
    this.#afterIdle += count;
  }

  /** The counts so far, as a delta from nothing; for a checkpoint. */
  total(): CountsDelta {
    return {
      read: this.#read,
      tallied: this.#tallied,
      filtered: [...this.#filtered],
      watermarksTaken: this.#watermarksTaken,
      watermarksRefused: this.#watermarksRefused,
      dead: this.#dead,
      late: this.#late,
      outOfRange: this.#outOfRange,
      eventTimesRefused: this.#eventTimesRefused,
      idsForgotten: this.#idsForgotten,
      withoutId: this.#withoutId,
      bytes: this.#bytes,
    };
  }

  /** The counts so far. */
  status(): CountsStatus {
    return {
      read: this.#read,
      tallied: this.#tallied - this.#afterIdle,
      filtered: Object.fromEntries(
        this.#reasons.map((reason, i) => [reason, this.#filtered[i] ?? 0]),
      ),
      watermarksTaken: this.#watermarksTaken,
      watermarksRefused: this.#watermarksRefused,
      dead: this.#dead,
      late: this.#late,
      afterIdle: this.#afterIdle,
      outOfRange: this.#outOfRange,
    };
  }
}

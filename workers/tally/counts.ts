/**
 * Counts of one shard since its last flush.
 *
 * @module
 */
import type { CountsDelta } from "../../engine/messages.ts";

/** Counts that are added to, then taken. */
export class Counts {
  read = 0;
  tallied = 0;
  readonly filtered: number[];
  watermarksTaken = 0;
  watermarksRefused = 0;
  dead = 0;
  late = 0;
  outOfRange = 0;
  eventTimesRefused = 0;
  idsForgotten = 0;
  withoutId = 0;
  bytes = 0;

  constructor(reasonCount: number) {
    this.filtered = new Array<number>(reasonCount).fill(0);
  }

  /** The counts as plain data; counting starts again at zero. */
  take(): CountsDelta {
    const delta: CountsDelta = {
      read: this.read,
      tallied: this.tallied,
      filtered: [...this.filtered],
      watermarksTaken: this.watermarksTaken,
      watermarksRefused: this.watermarksRefused,
      dead: this.dead,
      late: this.late,
      outOfRange: this.outOfRange,
      eventTimesRefused: this.eventTimesRefused,
      idsForgotten: this.idsForgotten,
      withoutId: this.withoutId,
      bytes: this.bytes,
    };
    this.read = this.tallied = this.dead = this.late = 0;
    this.watermarksTaken = this.watermarksRefused = 0;
    this.outOfRange = this.bytes = 0;
    this.eventTimesRefused = this.idsForgotten = this.withoutId = 0;
    this.filtered.fill(0);
    return delta;
  }
}

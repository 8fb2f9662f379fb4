/**
 * Whether a thread's event loop still comes round.
 *
 * @module
 */
import {
  HEARTBEAT_CHECK_MS,
  WORKER_HUNG_MS,
  WORKER_START_MS_MAX,
} from "../limits.ts";

/**
 * Watches one thread's counter. It counts its own looks and not the time: when
 * the whole process was stopped for a while, no thread is at fault.
 */
export class Heartbeat {
  #beats = 0;
  #looks = 0;

  /** Whether the thread has shown itself at all. */
  get begun(): boolean {
    return this.#beats > 0;
  }

  /**
   * A look at the counter, to be had every `HEARTBEAT_CHECK_MS`.
   *
   * @returns How long it has stood still if that is too long, ms; else 0.
   */
  look(beats: number): number {
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#looks = 0;
      return 0;
    }
    this.#looks++;
    const stillMs = this.#looks * HEARTBEAT_CHECK_MS;
    const mostMs = this.begun ? WORKER_HUNG_MS : WORKER_START_MS_MAX;
    return stillMs > mostMs ? stillMs : 0;
  }
}

/**
 * Which windows late events have changed last, for the status.
 *
 * @module
 */
import { CORRECTIONS_SHOWN_MAX } from "../limits.ts";
import type { FiredWindow } from "../sink/sink.ts";
import type { CorrectionStatus } from "../status/status.ts";

/** Remembers the windows corrected last. */
export class CorrectionBook {
  /** By window and query, those corrected last at the end. */
  readonly #windows = new Map<string, CorrectionStatus>();

  /** Notes documents that late events have changed. */
  add(window: FiredWindow, atMs: number): void {
    const { query, timestampMs, rowCount } = window;
    const key = `${query.index}|${timestampMs}`;
    const known = this.#windows.get(key);
    this.#windows.delete(key);
    this.#windows.set(key, {
      query: query.name,
      timestampMs,
      times: (known?.times ?? 0) + 1,
      documents: (known?.documents ?? 0) + rowCount,
      lastAtMs: atMs,
    });
    const [oldest = key] = this.#windows.keys();
    if (this.#windows.size > CORRECTIONS_SHOWN_MAX) {
      this.#windows.delete(oldest);
    }
  }

  /** The windows corrected last, the newest correction first. */
  status(): CorrectionStatus[] {
    return [...this.#windows.values()].reverse();
  }
}

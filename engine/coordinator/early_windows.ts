/**
 * What is written of windows before they fire (`--emit-early`): the documents
 * that have changed since they were last written.
 *
 * A document has the `_id` that it will have when its window fires, and then at
 * least as many events, so the final one takes its place.
 *
 * @module
 */
import { EARLY_KEYS_MAX } from "../limits.ts";
import type { FiredWindow } from "../sink/sink.ts";
import type { EarlyStatus } from "../status/status.ts";
import type { SinkQueue } from "./sink_queue.ts";
import type { WindowStore } from "./window_store.ts";

/** The rows of a window that it did not have before, or with fewer events. */
function changedRows(
  window: FiredWindow,
  before: FiredWindow | undefined,
): number[] {
  const rows: number[] = [];
  let at = 0;
  for (let row = 0; row < window.rowCount; row++) {
    const word0 = window.word0[row] ?? 0;
    const word1 = window.word1[row] ?? 0;
    const compare = () =>
      (before?.word0[at] ?? 0) - word0 || (before?.word1[at] ?? 0) - word1;
    // Both are sorted, and no key ever goes away.
    while (at < (before?.rowCount ?? 0) && compare() < 0) at++;
    const isKnown = at < (before?.rowCount ?? 0) && compare() === 0;
    const isSame = isKnown && before?.counts[at] === window.counts[row];
    if (!isSame) rows.push(row);
  }
  return rows;
}

/** Some rows of a window, marked as early. */
function earlyWindow(window: FiredWindow, rows: readonly number[]) {
  const doubles = (column: Float64Array) =>
    Float64Array.from(rows, (row) => column[row] ?? 0);
  return {
    ...window,
    isEarly: true,
    rowCount: rows.length,
    word0: Uint32Array.from(rows, (row) => window.word0[row] ?? 0),
    word1: Uint32Array.from(rows, (row) => window.word1[row] ?? 0),
    counts: doubles(window.counts),
    accumulators: window.accumulators.map(doubles),
  };
}

/** What open windows are written from, and where to. */
export interface EarlyEmission {
  readonly windows: Pick<WindowStore, "keyCount" | "provisional">;
  readonly queues: readonly Pick<SinkQueue, "pendingDocuments" | "push">[];
  /** Merging waits, so writing more must wait as well. */
  readonly isBlocked: boolean;
  readonly nowMs: number;
}

/** Writes what is early, and remembers what it was. */
export class EarlyWindows {
  #written = new Map<string, FiredWindow>();
  #emissions = 0;
  #documents = 0;
  #skipped = 0;

  /** What was written early so far. */
  status(): Omit<EarlyStatus, "intervalMs"> {
    return {
      emissions: this.#emissions,
      documents: this.#documents,
      skipped: this.#skipped,
    };
  }

  /**
   * Writes what has changed in open windows. Left out while documents wait, or
   * while there are too many keys.
   */
  emit({ windows, queues, isBlocked, nowMs }: EarlyEmission): void {
    const mustWait =
      isBlocked ||
      windows.keyCount > EARLY_KEYS_MAX ||
      queues.some((queue) => queue.pendingDocuments > 0);
    if (mustWait) {
      this.#skipped++;
      return;
    }
    this.#emissions++;
    const changes = this.changed(windows.provisional());
    if (changes.length === 0) return;
    for (const { rowCount } of changes) this.#documents += rowCount;
    for (const queue of queues) queue.push(changes, nowMs);
  }

  /**
   * What of the open windows has not been written; it counts as written then.
   *
   * @param open All open windows, as they would fire now.
   */
  changed(open: readonly FiredWindow[]): FiredWindow[] {
    const written = new Map<string, FiredWindow>();
    const changes: FiredWindow[] = [];
    for (const window of open) {
      const key = `${window.query.index}|${window.windowStartMs}`;
      written.set(key, window);
      const rows = changedRows(window, this.#written.get(key));
      if (rows.length > 0) changes.push(earlyWindow(window, rows));
    }
    this.#written = written;
    return changes;
  }
}

/**
 * What each worker has done so far, for the status.
 *
 * @module
 */

/** Figures of one worker, all its incarnations together. */
export interface WorkerFigures {
  /** Time its threads were busy, ms. */
  readonly busyMs: number;
  readonly flushes: number;
  readonly records: number;
  /** Flushes that wait to be merged. */
  readonly flushesWaiting: number;
  /** Heap that its thread used at its last flush. */
  readonly heapBytes: number;
}

interface Kept {
  /** Of the incarnations before the present one. */
  busyBeforeMs: number;
  busyMs: number;
  flushes: number;
  records: number;
  heapBytes: number;
}

/** What one flush says of its worker. */
export interface FlushFigures {
  /** Since the thread's start. */
  readonly busyMs: number;
  readonly records: number;
  readonly heapBytes: number;
}

/** Figures of all workers that there have been. */
export class WorkerFiguresBook {
  readonly #kept: Kept[] = [];

  /** A worker has come or come back: its thread counts from zero. */
  begin(worker: number): void {
    const kept = this.#of(worker);
    kept.busyBeforeMs += kept.busyMs;
    kept.busyMs = 0;
  }

  /** A flush of a worker was applied. */
  flushed(worker: number, flush: FlushFigures): void {
    const { busyMs, records, heapBytes } = flush;
    const kept = this.#of(worker);
    kept.busyMs = busyMs;
    kept.flushes++;
    kept.records += records;
    kept.heapBytes = heapBytes;
  }

  /**
   * One worker's figures.
   *
   * @param flushesWaiting Flushes of it that wait.
   */
  of(worker: number, flushesWaiting: number): WorkerFigures {
    const { busyBeforeMs, busyMs, ...kept } = this.#of(worker);
    return { ...kept, busyMs: busyBeforeMs + busyMs, flushesWaiting };
  }

  #of(worker: number): Kept {
    this.#kept[worker] ??= {
      busyBeforeMs: 0,
      busyMs: 0,
      flushes: 0,
      records: 0,
      heapBytes: 0,
    };
    return this.#kept[worker];
  }
}

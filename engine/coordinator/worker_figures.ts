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
}

interface Kept {
  /** Of the incarnations before the present one. */
  busyBeforeMs: number;
  busyMs: number;
  flushes: number;
  records: number;
}

/** What one flush says of its worker. */
export interface FlushFigures {
  /** Since the thread's start. */
  readonly busyMs: number;
  readonly records: number;
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
  flushed(worker: number, { busyMs, records }: FlushFigures): void {
    const kept = this.#of(worker);
    kept.busyMs = busyMs;
    kept.flushes++;
    kept.records += records;
  }

  /** One worker's figures. */
  of(worker: number): WorkerFigures {
    const { busyBeforeMs, busyMs, flushes, records } = this.#of(worker);
    return { busyMs: busyBeforeMs + busyMs, flushes, records };
  }

  #of(worker: number): Kept {
    this.#kept[worker] ??= {
      busyBeforeMs: 0,
      busyMs: 0,
      flushes: 0,
      records: 0,
    };
    return this.#kept[worker];
  }
}

/**
 * What each worker has done so far, for the status.
 *
 * @module
 */

/** Figures of one worker. */
export interface WorkerFigures {
  busyMs: number;
  flushes: number;
  records: number;
}

/** Figures of all workers, at zero. */
export function workerFigures(count: number): WorkerFigures[] {
  return Array.from({ length: count }, () => ({
    busyMs: 0,
    flushes: 0,
    records: 0,
  }));
}

/**
 * What happens each second, from the counts of the last few seconds.
 *
 * @module
 */
import type { EngineStatus } from "../../status/status.ts";

/** Rates of the whole run and its parts. */
export interface Rates {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly flushesPerSecond: number;
  readonly documentsPerSecond: number;
  readonly windowsPerSecond: number;
  /** Cores that the process uses. */
  readonly cores: number;
  readonly shards: ReadonlyMap<
    string,
    {
      readonly records: number;
      readonly bytes: number;
      readonly throttled: number;
    }
  >;
  readonly workers: ReadonlyMap<
    number,
    {
      readonly records: number;
      readonly flushes: number;
      /** Whether it was lost and replaced in the last few seconds. */
      readonly isNew: boolean;
    }
  >;
  readonly sinks: ReadonlyMap<
    string,
    { readonly documents: number; readonly bytes: number }
  >;
}

/** Time that rates are taken over, ms. */
const SPAN_MS = 5_000;
/** Statuses kept: ten seconds of two a second at most. */
const KEPT_MAX = 20;

function flushesOf({ workers }: EngineStatus): number {
  return workers.reduce((sum, { flushes }) => sum + flushes, 0);
}

function ratesBetween(before: EngineStatus, after: EngineStatus): Rates {
  const seconds = Math.max(0.001, (after.nowMs - before.nowMs) / 1_000);
  const per = (now: number, then: number | undefined) =>
    Math.max(0, (now - (then ?? now)) / seconds);
  const shardBefore = new Map(before.shards.map((one) => [one.shardId, one]));
  const workerBefore = new Map(before.workers.map((one) => [one.worker, one]));
  const sinkBefore = new Map(before.sinks.map((one) => [one.name, one]));
  return {
    recordsPerSecond: per(after.counts.read, before.counts.read),
    bytesPerSecond: per(after.bytes, before.bytes),
    flushesPerSecond: per(flushesOf(after), flushesOf(before)),
    documentsPerSecond: per(after.documentsFired, before.documentsFired),
    windowsPerSecond: per(after.windowsFired, before.windowsFired),
    cores: per(after.cpuSeconds, before.cpuSeconds),
    shards: new Map(
      after.shards.map((one) => {
        const old = shardBefore.get(one.shardId);
        const records = per(one.records, old?.records);
        const bytes = per(one.bytes, old?.bytes);
        const throttled = per(one.throttled, old?.throttled);
        return [one.shardId, { records, bytes, throttled }];
      }),
    ),
    workers: new Map(
      after.workers.map((one) => {
        const old = workerBefore.get(one.worker);
        const records = per(one.records, old?.records);
        const flushes = per(one.flushes, old?.flushes);
        const isNew = per(one.restarts ?? 0, old?.restarts) > 0;
        return [one.worker, { records, flushes, isNew }];
      }),
    ),
    sinks: new Map(
      after.sinks.map((one) => {
        const old = sinkBefore.get(one.name);
        const documents = per(one.documents, old?.documents);
        return [one.name, { documents, bytes: per(one.bytes, old?.bytes) }];
      }),
    ),
  };
}

/** Keeps the last few statuses. */
export class RateHistory {
  #kept: EngineStatus[] = [];

  /** Adds a status and tells the rates up to it. */
  add(status: EngineStatus): Rates {
    const last = this.#kept.at(-1);
    // Another run, which counts from the beginning.
    if (last !== undefined && last.startedAtMs !== status.startedAtMs) {
      this.#kept = [];
    }
    if (this.#kept.at(-1)?.nowMs !== status.nowMs) this.#kept.push(status);
    while (
      this.#kept.length > KEPT_MAX ||
      (this.#kept.length > 2 &&
        status.nowMs - (this.#kept[1]?.nowMs ?? 0) >= SPAN_MS)
    ) {
      this.#kept.shift();
    }
    return ratesBetween(this.#kept[0] ?? status, status);
  }
}

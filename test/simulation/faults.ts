/** What goes wrong in a simulation, drawn from its seed. */
import type { Random } from "../judge/random.ts";

/** Shares of requests that go wrong. */
export interface FaultRates {
  readonly throttled: number;
  readonly failed: number;
  readonly garbled: number;
  readonly expired: number;
  /** Never answers. */
  readonly silent: number;
  /** Takes seconds. */
  readonly slow: number;
  /** Nothing, though there is something. */
  readonly emptyBehind: number;
  /** A shard's last answer doesn't name its children. */
  readonly childless: number;
  /** The control plane fails, or tells what was true before. */
  readonly listing: number;
  /** A write of the sink fails and is repeated inside the sink. */
  readonly sinkRetried: number;
  /** A write takes seconds. */
  readonly sinkSlow: number;
  /** A write fails for good: the run ends. */
  readonly sinkFailed: number;
  /** A checkpoint can't be written. */
  readonly storeFailed: number;
}

/** Where a run may be cut off: names of steps of the simulated world. */
export const CRASH_STEPS = [
  "any",
  "checkpoint begun",
  "checkpoint written",
  "checkpoint current",
  "old checkpoint dropped",
  "head swapped",
  "sink written",
  "sink acknowledged",
  "dead letters written",
  "shard ended",
  "child first read",
  "flush posted",
  "started",
] as const;
export type CrashStep = (typeof CRASH_STEPS)[number];

/** A crash: the process is gone at the `countdown`th such step. */
export interface Crash {
  readonly step: CrashStep;
  countdown: number;
}

/** A time, and how long something lasts from then on. */
export interface Span {
  readonly atMs: number;
  readonly lengthMs: number;
}

/** Everything that goes wrong. */
export interface Faults {
  readonly rates: FaultRates;
  readonly crashes: Crash[];
  /** Virtual times of deaths of a worker. */
  readonly workerDeathsMs: readonly number[];
  /** Virtual times at which a worker stands still, and for how long. */
  readonly workerHangs: readonly Span[];
  /** Virtual times at which the process stands still, and for how long. */
  readonly freezes: readonly Span[];
  /** Virtual times at which the disk is out of reach, and for how long. */
  readonly partitions: readonly Span[];
  /** Whether another process takes over from one that seems dead. */
  readonly takeovers: boolean;
  /** Whether a process can tell that the one before it is dead. */
  readonly sameHost: boolean;
  /** Virtual times at which retention takes what every checkpoint has read. */
  readonly trimsMs: readonly number[];
  /** Virtual times at which somebody moves a shard. */
  readonly movesMs: readonly number[];
  /** Virtual times at which somebody changes the number of workers. */
  readonly workerChangesMs: readonly number[];
  /** Virtual times at which somebody takes a savepoint. */
  readonly savepointsMs: readonly number[];
  /** Virtual times at which the run is told to stop, to be started again. */
  readonly stopsMs: readonly number[];
  /** Share of crashes after which the newest checkpoint is damaged. */
  readonly damaged: number;
}

/** A rate that is nothing in most simulations, so that faults come alone too. */
function rate(random: Random, most: number): number {
  return random.chance(0.35) ? random.next() * most : 0;
}

function times(random: Random, share: number, spanMs: number): number[] {
  const count = random.chance(share) ? random.whole(1, 3) : 0;
  return Array.from({ length: count }, () => random.next() * spanMs);
}

function spans(
  random: Random,
  share: number,
  limits: { readonly spanMs: number; readonly lengthMsMax: number },
): Span[] {
  return times(random, share, limits.spanMs).map((atMs) => ({
    atMs,
    lengthMs: (0.2 + 0.8 * random.next()) * limits.lengthMsMax,
  }));
}

function crashes(random: Random): Crash[] {
  const count = random.chance(0.75) ? random.whole(1, 4) : 0;
  return Array.from({ length: count }, () => {
    const step = random.pick(CRASH_STEPS);
    const countdown =
      step === "any" ? random.whole(1, 1_500) : random.whole(1, 12);
    return { step, countdown };
  });
}

/** Draws what goes wrong within a span of virtual time. */
export function drawFaults(random: Random, spanMs: number): Faults {
  return {
    rates: {
      throttled: rate(random, 0.3),
      failed: rate(random, 0.2),
      garbled: rate(random, 0.1),
      expired: rate(random, 0.1),
      silent: rate(random, 0.03),
      slow: rate(random, 0.05),
      emptyBehind: rate(random, 0.4),
      childless: rate(random, 1),
      listing: rate(random, 0.7),
      sinkRetried: rate(random, 0.3),
      sinkSlow: rate(random, 0.5),
      sinkFailed: rate(random, 0.05),
      storeFailed: rate(random, 0.15),
    },
    crashes: crashes(random),
    workerDeathsMs: times(random, 0.3, spanMs),
    workerHangs: spans(random, 0.2, { spanMs, lengthMsMax: 30_000 }),
    freezes: spans(random, 0.2, { spanMs, lengthMsMax: 60_000 }),
    partitions: spans(random, 0.3, { spanMs, lengthMsMax: 60_000 }),
    takeovers: random.chance(0.75),
    sameHost: random.chance(0.7),
    trimsMs: [...times(random, 0.5, spanMs), ...times(random, 0.3, spanMs)],
    movesMs: [...times(random, 0.4, spanMs), ...times(random, 0.3, spanMs)],
    workerChangesMs: times(random, 0.3, spanMs),
    savepointsMs: times(random, 0.2, spanMs),
    stopsMs: times(random, 0.2, spanMs),
    damaged: rate(random, 1),
  };
}

/** A world in which nothing goes wrong. */
export const NO_FAULTS: Faults = {
  rates: {
    throttled: 0,
    failed: 0,
    garbled: 0,
    expired: 0,
    silent: 0,
    slow: 0,
    emptyBehind: 0,
    childless: 0,
    listing: 0,
    sinkRetried: 0,
    sinkSlow: 0,
    sinkFailed: 0,
    storeFailed: 0,
  },
  crashes: [],
  workerDeathsMs: [],
  workerHangs: [],
  freezes: [],
  partitions: [],
  takeovers: false,
  sameHost: true,
  trimsMs: [],
  movesMs: [],
  workerChangesMs: [],
  savepointsMs: [],
  stopsMs: [],
  damaged: 0,
};

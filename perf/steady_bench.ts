/**
 * A long run at full rate, with a checkpoint every five seconds: does memory
 * grow, and how long is the coordinator's event loop held up, compared with a
 * thread beside it that does nothing?
 *
 * `node dist/perf/steady_bench.js [MINUTES [WARM_UP_MINUTES]]` (ten after eight
 * when not said)
 *
 * @module
 */

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openCheckpointStore } from "../engine/checkpoint/open_store.ts";
import { systemClock } from "../engine/clock.ts";
import { createLog } from "../engine/log.ts";
import { boundHeapGrowth } from "../scripts/bound_heap_growth.ts";
import { type LoopDelays, LoopWatch } from "./steady/control_thread.ts";
import { environment, environmentLine } from "./suite/environment.ts";
import type { RoundRunner } from "./suite/round_engine.ts";
import { startWireEngine } from "./wire/wire_engine.ts";

const MINUTES_DEFAULT = 10;
const MS_PER_MINUTE = 60_000;
const BYTES_PER_MB = 1e6;
const CHECKPOINT_INTERVAL_MS = 5_000;
/**
 * In them code is compiled, heaps and buffers find their size, and connections
 * are renewed for the first time, after five minutes. The coordinator's garbage
 * is collected every minute, and it takes some of these until the holes that the
 * C library is left with fit what comes.
 */
const WARM_UP_MINUTES_DEFAULT = 8;
const STREAM = { trips: 500_000, shardCount: 32, tls: false } as const;

interface Sample {
  readonly minutes: number;
  readonly rssMb: number;
}

/**
 * Means of half minutes: what neighbours have in common, such as a collection
 * that comes, would make the error of a slope look small.
 */
function halfMinutes(samples: readonly Sample[]): Sample[] {
  const byHalf = new Map<number, Sample[]>();
  for (const sample of samples) {
    const half = Math.floor(sample.minutes * 2);
    byHalf.set(half, [...(byHalf.get(half) ?? []), sample]);
  }
  return [...byHalf.values()].map((group) => ({
    minutes: group.reduce((sum, one) => sum + one.minutes, 0) / group.length,
    rssMb: group.reduce((sum, one) => sum + one.rssMb, 0) / group.length,
  }));
}

/** Least squares: MB a minute, and the standard error of that. */
function slope(samples: readonly Sample[]): {
  perMinute: number;
  error: number;
} {
  const count = samples.length;
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / count;
  const meanX = mean(({ minutes }) => minutes);
  const meanY = mean(({ rssMb }) => rssMb);
  const spreadX = samples.reduce((sum, s) => sum + (s.minutes - meanX) ** 2, 0);
  const perMinute =
    samples.reduce(
      (sum, s) => sum + (s.minutes - meanX) * (s.rssMb - meanY),
      0,
    ) / spreadX;
  const residual = samples.reduce(
    (sum, s) => sum + (s.rssMb - meanY - perMinute * (s.minutes - meanX)) ** 2,
    0,
  );
  return { perMinute, error: Math.sqrt(residual / (count - 2) / spreadX) };
}

function shown({ perMinute, error }: ReturnType<typeof slope>): string {
  return `${perMinute.toFixed(2)} ± ${(2 * error).toFixed(2)}`;
}

/** Of a thread that does nothing, since it was asked before. */
async function idleDelays(idle: Worker): Promise<LoopDelays> {
  idle.postMessage("tell");
  const [delays] = (await once(idle, "message")) as [LoopDelays];
  return delays;
}

/** What some minutes of rounds have shown. */
interface Stretch {
  readonly samples: readonly Sample[];
  readonly minutes: number;
  readonly events: number;
  /** While there was something to read. */
  readonly busyMs: number;
}

/** Reads for some minutes, and says after each how much memory is taken. */
async function readFor(
  minutes: number,
  runner: RoundRunner,
  label: string,
): Promise<Stretch> {
  const samples: Sample[] = [];
  let events = 0;
  let busyMs = 0;
  const startMs = performance.now();
  let elapsed = 0;
  while (elapsed < minutes) {
    const figures = await runner.round(false);
    events += figures.events;
    busyMs += figures.wallMs;
    const before = elapsed;
    elapsed = (performance.now() - startMs) / MS_PER_MINUTE;
    const rssMb = figures.rssBytes / BYTES_PER_MB;
    samples.push({ minutes: elapsed, rssMb });
    if (Math.floor(elapsed) > Math.floor(before)) {
      console.log(
        `${label}, minute ${elapsed.toFixed(1)}: ${rssMb.toFixed(0)} MB`,
      );
    }
  }
  return { samples, minutes: elapsed, events, busyMs };
}

function print(warmUp: Stretch, { samples, ...measured }: Stretch): void {
  const { events, minutes, busyMs } = measured;
  const sizes = samples.map(({ rssMb }) => rssMb);
  const before = warmUp.samples.map(({ rssMb }) => rssMb);
  console.log(
    `${(events / 1e6).toFixed(0)} million events in ${minutes.toFixed(1)} min, ${(events / busyMs / 1e3).toFixed(2)} million/s while there was something to read`,
  );
  console.log(
    `memory: ${Math.min(...sizes).toFixed(0)} to ${Math.max(...sizes).toFixed(0)} MB, slope by half minutes ${shown(slope(halfMinutes(samples)))} MB a minute; in ${warmUp.minutes.toFixed(1)} min before ${before[0]?.toFixed(0)} to ${Math.max(...before).toFixed(0)} MB`,
  );
}

async function measure(
  [warmUpMinutes, minutes]: readonly [number, number],
  folder: string,
): Promise<void> {
  const store = await openCheckpointStore(folder, {
    clock: systemClock,
    random: Math.random,
    log: createLog({ level: "warn", format: "text", output: process.stderr }),
    s3: async () => {
      throw new Error("Cannot measure with a store in S3");
    },
  });
  const runner = await startWireEngine({
    ...STREAM,
    format: "cbor",
    workers: 2,
    checkpoints: {
      store,
      intervalMs: CHECKPOINT_INTERVAL_MS,
      restored: undefined,
    },
  });
  // Here already, since a thread takes memory for a minute or two.
  const idleThread = new Worker(
    new URL("./steady/control_thread.js", import.meta.url),
  );
  const coordinator = new LoopWatch();
  const warmUp = await readFor(warmUpMinutes, runner, "warming up");
  await idleDelays(idleThread);
  coordinator.take();
  const measured = await readFor(minutes, runner, "measuring");
  const own = coordinator.take();
  const idle = await idleDelays(idleThread);
  print(warmUp, measured);
  console.log(
    `event loop held up, p99.9: coordinator ${own.p999Ms.toFixed(1)} ms, idle thread ${idle.p999Ms.toFixed(1)} ms; most: ${own.maxMs.toFixed(1)} and ${idle.maxMs.toFixed(1)} ms`,
  );
  await idleThread.terminate();
  await runner.close();
}

// As the command does.
boundHeapGrowth();
const folder = mkdtempSync(join(tmpdir(), "flagdrop-steady-"));
try {
  console.log(environmentLine(environment()));
  const [, , minutes, warmUpMinutes] = process.argv;
  await measure(
    [
      Number(warmUpMinutes ?? WARM_UP_MINUTES_DEFAULT),
      Number(minutes ?? MINUTES_DEFAULT),
    ],
    folder,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

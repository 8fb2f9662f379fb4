/**
 * How many trips replay puts into a local Kinesis of another process in a
 * second of its own processor time, plain and aggregated: out of memory, which
 * is what sending costs by itself, and out of the generator.
 *
 * ```sh
 * npm run build && node dist/perf/replay_bench.js [--guard]
 * ```
 *
 * The goal is of sending: 100,000 trips a CPU second, aggregated 400,000, as a
 * steady rate: two rounds warm up, and the median of five others counts. With
 * `--guard` rounds are fewer and shorter, and the process fails when that is below
 * a half of the goal, so that a busy machine is no failure.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { credentialsSource } from "../engine/aws/credentials.ts";
import { startLocalKinesis } from "../engine/local_kinesis/mod.ts";
import type { EventChunk, EventSource } from "../engine/replay/event_chunk.ts";
import { TripGenerator } from "../engine/replay/generator.ts";
import { startReplay } from "../engine/replay/replay.ts";

const IS_GUARD = process.argv.includes("--guard");
/** Enough for some seconds a round; a guard needs less. */
const EVENTS = IS_GUARD ? 400_000 : 1_600_000;
const ROUNDS = IS_GUARD ? 3 : 5;
/** Before them: what the compiler does to code that runs on for hours is done. */
const WARM_UP_ROUNDS = 2;
const SHARDS = 8;
const REGION = "us-east-1";
/** Trips in memory, sent again and again: 29 MB, more than caches hold. */
const PREPARED_CHUNKS = 64;

const GOALS = { plain: 100_000, aggregated: 400_000 } as const;
type Way = keyof typeof GOALS;

/** Trips made before the clock runs, over and over. */
class PreparedTrips implements EventSource {
  readonly name = "memory";
  readonly isOrdered = false;
  readonly isRepeatable = true;
  readonly progress = { readBytes: 0, totalBytes: undefined };
  readonly counts = { unparsable: 0, watermarks: 0 };
  readonly #chunks: readonly EventChunk[];

  constructor() {
    const generator = new TripGenerator({ seed: 1 });
    this.#chunks = Array.from({ length: PREPARED_CHUNKS }, () =>
      generator.next(),
    );
  }

  async *read(): AsyncGenerator<EventChunk, void> {
    for (;;) yield* this.#chunks;
  }
}

/** The other process: serves until it is killed. */
async function serve(): Promise<void> {
  const streams = [
    { name: "plain", shardCount: SHARDS },
    { name: "aggregated", shardCount: SHARDS },
  ];
  const { url } = await startLocalKinesis({ limits: false, streams });
  process.send?.(url);
}

function format(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** One round; gives trips a CPU second. */
async function measure(
  endpoint: string,
  way: Way,
  source: EventSource,
): Promise<number> {
  const credentials = credentialsSource({ region: REGION, endpoint });
  const cpu = process.cpuUsage();
  const replay = await startReplay({
    connection: { region: REGION, endpoint, credentials, caPem: "" },
    stream: way,
    source,
    speedup: Number.POSITIVE_INFINITY,
    aggregate: way === "aggregated",
    pacing: false,
    limit: EVENTS,
  });
  const { events, elapsedMs, put } = await replay.finished;
  const { user, system } = process.cpuUsage(cpu);
  const perCpuSecond = (events / (user + system)) * 1_000_000;
  const perSecond = (events / elapsedMs) * 1_000;
  console.log(
    `${way} from ${source.name}: ${format(perCpuSecond)} trips/CPU s (${((user + system) / events).toFixed(2)} CPU s a million, ${(system / events).toFixed(2)} of it system), ${format(perSecond)} trips/s, ${put.requests} requests`,
  );
  return perCpuSecond;
}

async function measureAll(endpoint: string): Promise<Record<Way, number>> {
  const prepared = new PreparedTrips();
  const steady: Record<Way, number> = { plain: 0, aggregated: 0 };
  for (const way of ["plain", "aggregated"] as const) {
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      await measure(endpoint, way, prepared);
    }
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rates.push(await measure(endpoint, way, prepared));
    }
    rates.sort((a, b) => a - b);
    steady[way] = rates[Math.floor(ROUNDS / 2)] ?? 0;
    if (!IS_GUARD) await measure(endpoint, way, new TripGenerator({ seed: 1 }));
  }
  return steady;
}

async function main(): Promise<void> {
  if (import.meta.url.endsWith(".ts")) {
    console.warn("Run from dist: under a loader figures say nothing.");
  }
  console.log(`${cpus()[0]?.model ?? ""}, Node ${process.versions.node}`);
  const server = fork(fileURLToPath(import.meta.url), ["serve"], {
    execArgv: [],
  });
  const [url] = (await once(server, "message")) as [string];
  try {
    const steady = await measureAll(url);
    for (const way of ["plain", "aggregated"] as const) {
      const [rate, goal] = [steady[way], GOALS[way]];
      console.log(
        `${way}: ${format(rate)} trips/CPU s in the middle round, goal ${format(goal)}: ${rate >= goal ? "reached" : "missed"}`,
      );
      if (IS_GUARD && rate < goal / 2) process.exitCode = 1;
    }
  } finally {
    server.kill();
  }
}

await (process.argv[2] === "serve" ? serve() : main());

/**
 * How many generated trips replay puts into a local Kinesis of another process
 * in a second of its own processor time, plain and aggregated:
 *
 * ```sh
 * npm run build && node dist/perf/replay_bench.js
 * ```
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { credentialsSource } from "../engine/aws/credentials.ts";
import { startLocalKinesis } from "../engine/local_kinesis/mod.ts";
import { TripGenerator } from "../engine/replay/generator.ts";
import { startReplay } from "../engine/replay/replay.ts";

const EVENTS = 400_000;
const SHARDS = 8;
const REGION = "us-east-1";

/** The other process: serves until it is killed. */
async function serve(): Promise<void> {
  const streams = [
    { name: "plain", shardCount: SHARDS },
    { name: "aggregated", shardCount: SHARDS },
  ];
  const { url } = await startLocalKinesis({ limits: false, streams });
  process.send?.(url);
}

async function measure(endpoint: string, stream: string): Promise<void> {
  const credentials = credentialsSource({ region: REGION, endpoint });
  const cpu = process.cpuUsage();
  const replay = await startReplay({
    connection: { region: REGION, endpoint, credentials, caPem: "" },
    stream,
    source: new TripGenerator({ seed: 1 }),
    speedup: Number.POSITIVE_INFINITY,
    aggregate: stream === "aggregated",
    pacing: false,
    limit: EVENTS,
  });
  const { events, elapsedMs, put } = await replay.finished;
  const { user, system } = process.cpuUsage(cpu);
  const perCpuSecond = (events / (user + system)) * 1_000_000;
  const perSecond = (events / elapsedMs) * 1_000;
  const format = (value: number) => Math.round(value).toLocaleString("en");
  console.log(
    `${stream}: ${format(perCpuSecond)} trips/CPU s, ${format(perSecond)} trips/s, ${put.requests} requests`,
  );
}

async function main(): Promise<void> {
  if (import.meta.url.endsWith(".ts")) {
    console.warn("Run from dist: under a loader figures say nothing.");
  }
  console.log(`${cpus()[0]?.model ?? ""}, Node ${process.versions.node}`);
  const server = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [url] = (await once(server, "message")) as [string];
  try {
    // The first one warms up.
    for (const stream of ["plain", "plain", "aggregated", "aggregated"]) {
      await measure(url, stream);
    }
  } finally {
    server.kill();
  }
}

await (process.argv[2] === "serve" ? serve() : main());

/**
 * The demo's engine: a job on the local stream, into a store.
 *
 * @module
 */
import { join, parse } from "node:path";
import { credentialsSource } from "../../engine/aws/credentials.ts";
import { type Engine, startEngine } from "../../engine/engine.ts";
import { type JobPlan, planJob } from "../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { type JobSpec, parseJobSpec } from "../../engine/job/spec.ts";
import type { DemoSourceReadyMessage } from "../../engine/replay/demo_source_messages.ts";
import { DeadLetterFile } from "../../engine/sink/dead_letters.ts";
import { createSink } from "../../engine/sink/open_sink.ts";
import type { Sink } from "../../engine/sink/sink.ts";
import type { CommandContext } from "../context.ts";
import { prepareStore } from "./demo_store.ts";
import { DEMO_RETENTION_MS } from "./limits.ts";

/** The region that the local Kinesis takes for its own. */
const REGION = "us-east-1";

/** The service's allowance for one reader of a shard. */
const READS_PER_SECOND = 5;

/** Options for {@linkcode startDemoEngine}. */
export interface DemoEngineOptions {
  /** Undefined for the taxi job. */
  readonly job: JobSpec | undefined;
  /** DuckDB file for the results. */
  readonly store: string;
  /** Whether the file is made anew. */
  readonly isFresh: boolean;
  readonly workers: number;
}

/** The demo's engine and what its page is made of. */
export interface DemoEngine {
  readonly engine: Engine;
  readonly plan: JobPlan;
  readonly sinks: readonly Sink[];
  readonly deadLettersPath: string;
}

/** The dead letters' file, beside the store. */
function deadLettersFile(store: string): string {
  const { dir, name } = parse(store);
  return join(dir, `${name}-dead-letters.ndjson`);
}

/**
 * Starts the engine once the stream is there.
 *
 * @throws {FlagdropError} When stream or store can't be used.
 */
export async function startDemoEngine(
  { job, store, isFresh, workers }: DemoEngineOptions,
  ready: Promise<DemoSourceReadyMessage>,
  { log }: CommandContext,
): Promise<DemoEngine> {
  const spec = job ?? parseJobSpec(taxiJob(taxiZones("nyc")));
  await prepareStore(store, isFresh);
  const plan = planJob(spec);
  const sinks = [
    createSink(
      { kind: "duckdb", path: store },
      { plan, retentionMs: DEMO_RETENTION_MS, log },
    ),
  ];
  const deadLettersPath = deadLettersFile(store);
  const { endpoint } = await ready;
  const credentials = credentialsSource({ region: REGION, endpoint });
  const engine = await startEngine({
    spec,
    source: {
      type: "kinesis",
      connection: { region: REGION, endpoint, credentials, caPem: "" },
      stream: job?.name ?? "taxi",
      from: { type: "earliest" },
      untilEnd: false,
      readsPerSecond: READS_PER_SECOND,
      kplOutOfRange: "skip",
    },
    workers,
    sinks,
    openDeadLetters: () => DeadLetterFile.open(deadLettersPath),
    log,
  });
  return { engine, plan, sinks, deadLettersPath };
}

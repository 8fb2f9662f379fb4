/**
 * The whole engine, read in rounds: the real threads, flushes, merger and sink.
 * What it reads is made ready between the rounds, off the clock.
 *
 * @module
 */
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import type { WorkerEntry } from "../../engine/coordinator/worker_pool.ts";
import {
  type Engine,
  type RunCheckpoints,
  startEngine,
} from "../../engine/engine.ts";
import { planJob } from "../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../engine/job/spec.ts";
import type { KinesisShard } from "../../engine/kinesis/shard.ts";
import { evenHashRanges } from "../../engine/local_kinesis/store/hash_range.ts";
import { createLog } from "../../engine/log.ts";
import { NoneSink } from "../../engine/sink/none_sink.ts";
import type { DeadLetterSink } from "../../engine/sink/sink.ts";
import type { KinesisSource } from "../../engine/source.ts";
import { Meter, type RoundFigures } from "./meter.ts";
import { WatchedSink } from "./watched_sink.ts";

/** Where a round's records come from. */
export interface RoundFeed {
  /** Makes the next round ready, without letting it be read. */
  prepare(): Promise<{
    /** Timestamp of the documents of the last window that it closes. */
    readonly closedMs: number;
    readonly recordCount: number;
  }>;
  /** Lets it be read. */
  open(): void;
}

/** Options for {@linkcode startRoundEngine}. */
export interface RoundEngineOptions {
  readonly workers: number;
  readonly shardIds: readonly string[];
  readonly endpoint: string;
  readonly caPem: string;
  /** Of each shard. @default {as many as there can be} */
  readonly readsPerSecond?: number;
  readonly feed: RoundFeed;
  /** What the threads run. @default {the real worker} */
  readonly entry?: WorkerEntry;
  /** @default {none are taken} */
  readonly checkpoints?: RunCheckpoints | undefined;
}

/** An engine that reads a round whenever it is told. */
export interface RoundRunner {
  /** @param digests Whether the round's documents are wanted as a digest. */
  round(digests: boolean): Promise<RoundFigures>;
  close(): Promise<void>;
}

const KEYS = {
  accessKeyId: "none",
  secretAccessKey: "none",
  sessionToken: "",
  expiresAtMs: Number.POSITIVE_INFINITY,
};

function sourceOf({
  endpoint,
  caPem,
  readsPerSecond = Number.POSITIVE_INFINITY,
}: RoundEngineOptions): KinesisSource {
  return {
    type: "kinesis",
    connection: {
      region: "us-east-1",
      endpoint,
      credentials: { current: async () => KEYS, refresh: async () => KEYS },
      caPem,
    },
    stream: "perf",
    from: { type: "earliest" },
    untilEnd: false,
    readsPerSecond,
    kplOutOfRange: "skip",
  };
}

/** A dead letter would be a mistake of the benchmark. */
export const NO_DEAD_LETTERS: DeadLetterSink = {
  count: 0,
  lengthBytes: 0,
  async write() {
    throw new Error("a generated record could not be decoded");
  },
  async sync() {},
  async close() {},
};

function shardsOf(shardIds: readonly string[]): KinesisShard[] {
  const ranges = evenHashRanges(shardIds.length);
  return shardIds.map((shardId, i) => ({
    shardId,
    parentShardIds: [],
    startingHashKey: String(ranges[i]?.start),
    endingHashKey: String(ranges[i]?.end),
    startingSequenceNumber: "0",
    closed: false,
  }));
}

/** Starts an engine. */
export async function startRoundEngine(
  options: RoundEngineOptions,
): Promise<RoundRunner> {
  const { workers, entry, feed } = options;
  const shards = shardsOf(options.shardIds);
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  const sink = new WatchedSink(new NoneSink(planJob(spec)));
  const engine = await startEngine({
    spec,
    source: sourceOf(options),
    workers,
    checkpoints: options.checkpoints,
    sinks: [sink],
    openDeadLetters: async () => NO_DEAD_LETTERS,
    log: createLog({ level: "warn", format: "text", output: process.stderr }),
    host: {
      ...machineHost,
      openWorkers: (given) =>
        machineHost.openWorkers(
          entry === undefined ? given : { ...given, entry },
        ),
      controlPlane: {
        ...machineHost.controlPlane,
        listShards: async () => shards,
        describeStream: async () => ({
          streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/perf",
          streamName: "perf",
          creationTimeMs: 0,
          status: "ACTIVE",
          retentionHours: 24,
          openShardCount: shards.length,
          recordBytesMax: 1_048_576,
        }),
      },
    },
  });
  return roundsOf(engine, feed, sink);
}

function roundsOf(
  engine: Engine,
  feed: RoundFeed,
  sink: WatchedSink,
): RoundRunner {
  engine.finished.catch(() => {});
  return {
    async round(digests) {
      const { closedMs, recordCount } = await feed.prepare();
      sink.begin(digests);
      const written = sink.until(closedMs);
      const meter = new Meter();
      feed.open();
      await Promise.race([written, engine.finished]);
      return {
        ...meter.read(),
        events: recordCount,
        documents: sink.documents,
        digest: sink.digest(),
      };
    },
    close: () => engine.stop(),
  };
}

/**
 * The whole engine on records in memory: the real threads, flushes, merger and
 * sink; only Kinesis is missing.
 *
 * @module
 */
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import { type Engine, startEngine } from "../../engine/engine.ts";
import { planJob } from "../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../engine/job/spec.ts";
import type { KinesisShard } from "../../engine/kinesis/shard.ts";
import { evenHashRanges } from "../../engine/local_kinesis/store/hash_range.ts";
import { createLog } from "../../engine/log.ts";
import { NoneSink } from "../../engine/sink/none_sink.ts";
import type { DeadLetterSink } from "../../engine/sink/sink.ts";
import type { KinesisSource } from "../../engine/source.ts";
import { Meter, type RoundFigures } from "../suite/meter.ts";
import { WatchedSink } from "../suite/watched_sink.ts";
import { TripStream, type TripStreamOptions } from "./trip_stream.ts";

/** Options for {@linkcode startMemoryEngine}. */
export interface MemoryEngineOptions extends TripStreamOptions {
  readonly workers: number;
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

const SOURCE: KinesisSource = {
  type: "kinesis",
  connection: {
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    credentials: { current: async () => KEYS, refresh: async () => KEYS },
    caPem: "",
  },
  stream: "memory",
  from: { type: "earliest" },
  untilEnd: false,
  readsPerSecond: Number.POSITIVE_INFINITY,
  kplOutOfRange: "skip",
};

/** A dead letter would be a mistake of the benchmark. */
const NO_DEAD_LETTERS: DeadLetterSink = {
  count: 0,
  lengthBytes: 0,
  async write() {
    throw new Error("a generated record could not be decoded");
  },
  async sync() {},
  async close() {},
};

function shardsOf({ shared }: TripStream): KinesisShard[] {
  const ranges = evenHashRanges(shared.shards.length);
  return shared.shards.map(({ shardId }, i) => ({
    shardId,
    parentShardIds: [],
    startingHashKey: String(ranges[i]?.start),
    endingHashKey: String(ranges[i]?.end),
    startingSequenceNumber: "0",
    closed: false,
  }));
}

/** Starts an engine on a stream in memory. */
export async function startMemoryEngine(
  options: MemoryEngineOptions,
): Promise<RoundRunner> {
  const stream = new TripStream(options);
  const shards = shardsOf(stream);
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  const sink = new WatchedSink(new NoneSink(planJob(spec)));
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const entry = {
    url: new URL(`./memory_worker.${extension}`, import.meta.url).href,
    data: stream.shared,
  };
  const engine = await startEngine({
    spec,
    source: SOURCE,
    workers: options.workers,
    sinks: [sink],
    openDeadLetters: async () => NO_DEAD_LETTERS,
    log: createLog({ level: "warn", format: "text", output: process.stderr }),
    host: {
      ...machineHost,
      openWorkers: (given) => machineHost.openWorkers({ ...given, entry }),
      controlPlane: {
        listShards: async () => shards,
        registerConsumer: async () => "",
        describeStream: async () => ({
          streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/memory",
          streamName: "memory",
          creationTimeMs: 0,
          status: "ACTIVE",
          retentionHours: 24,
          openShardCount: shards.length,
        }),
      },
    },
  });
  return roundsOf(engine, stream, sink);
}

function roundsOf(
  engine: Engine,
  stream: TripStream,
  sink: WatchedSink,
): RoundRunner {
  engine.finished.catch(() => {});
  return {
    async round(digests) {
      stream.prepare();
      sink.begin(digests);
      const written = sink.until(stream.closedMs);
      const meter = new Meter();
      stream.open();
      await Promise.race([written, engine.finished]);
      return {
        ...meter.read(),
        events: stream.recordCount,
        documents: sink.documents,
        digest: sink.digest(),
      };
    },
    close: () => engine.stop(),
  };
}

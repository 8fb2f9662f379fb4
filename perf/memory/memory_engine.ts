/**
 * The whole engine on records in memory: only Kinesis is missing.
 *
 * @module
 */
import { type RoundRunner, startRoundEngine } from "../suite/round_engine.ts";
import { TripStream, type TripStreamOptions } from "./trip_stream.ts";

/** Options for {@linkcode startMemoryEngine}. */
export interface MemoryEngineOptions extends TripStreamOptions {
  readonly workers: number;
}

/** Starts an engine on a stream in memory. */
export function startMemoryEngine(
  options: MemoryEngineOptions,
): Promise<RoundRunner> {
  const stream = new TripStream(options);
  return startRoundEngine({
    workers: options.workers,
    shardIds: stream.shared.shards.map(({ shardId }) => shardId),
    endpoint: "http://127.0.0.1:1",
    caPem: "",
    entry: {
      url: new URL("./memory_worker.js", import.meta.url).href,
      data: stream.shared,
    },
    feed: {
      async prepare() {
        stream.prepare();
        const { closedMs, recordCount } = stream;
        return { closedMs, recordCount };
      },
      open: () => stream.open(),
    },
  });
}

/**
 * The demo's outside world: a local Kinesis without limits and a replay of
 * generated trips into it, in one thread.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parentPort, workerData } from "node:worker_threads";
import { credentialsSource } from "../engine/aws/credentials.ts";
import { errorLine, FlagdropError } from "../engine/errors.ts";
import type { KinesisShard } from "../engine/kinesis/shard.ts";
import { startLocalKinesis } from "../engine/local_kinesis/mod.ts";
import { evenHashRanges } from "../engine/local_kinesis/store/hash_range.ts";
import { shardIdOf } from "../engine/local_kinesis/store/local_shard.ts";
import type {
  DemoSourceCommand,
  DemoSourceMessage,
  DemoSourceStart,
} from "../engine/replay/demo_source_messages.ts";
import type { EventSource } from "../engine/replay/event_chunk.ts";
import { TripGenerator } from "../engine/replay/generator.ts";
import { jobForm, TAXI_FORM } from "../engine/replay/job_form.ts";
import { JobGenerator } from "../engine/replay/job_generator.ts";
import { startReplay } from "../engine/replay/replay.ts";

const REGION = "us-east-1";

assert(parentPort !== null, "started as a worker thread");
const port = parentPort;

function send(message: DemoSourceMessage): void {
  port.postMessage(message);
}

/** The stream's shards, without the AWS SDK, which takes long to load. */
function shardsOf(shardCount: number): KinesisShard[] {
  return evenHashRanges(shardCount).map(({ start, end }, index) => ({
    shardId: shardIdOf(index),
    parentShardIds: [],
    startingHashKey: String(start),
    endingHashKey: String(end),
    startingSequenceNumber: "0",
    closed: false,
  }));
}

function sourceOf({ job, seed }: DemoSourceStart): EventSource {
  if (job === undefined) return new TripGenerator({ seed });
  return new JobGenerator({ spec: job, seed });
}

async function run(start: DemoSourceStart): Promise<void> {
  const { stream, shardCount, memoryBytes, job } = start;
  const kinesis = await startLocalKinesis({
    region: REGION,
    streams: [{ name: stream, shardCount }],
    limits: false,
    memoryBytes,
  });
  const endpoint = kinesis.url;
  send({ type: "ready", endpoint });
  const credentials = credentialsSource({ region: REGION, endpoint });
  const replay = await startReplay({
    connection: { region: REGION, endpoint, credentials, caPem: "" },
    stream,
    source: sourceOf(start),
    form: job === undefined ? TAXI_FORM : jobForm(job),
    speedup: start.speedup,
    watermarkIntervalMs: start.watermarkIntervalMs,
    pacing: false,
    listShards: async () => shardsOf(shardCount),
  });
  port.on("message", (command: DemoSourceCommand) => {
    assert(command.type === "stop");
    replay.stop();
  });
  const { events, lagMs } = await replay.finished;
  send({ type: "ended", events, lagMs });
}

run(workerData as DemoSourceStart).catch((error: unknown) => {
  const { code, domain } =
    error instanceof FlagdropError
      ? error
      : { code: "FD_WORKER" as const, domain: "internal" as const };
  send({ type: "failure", code, domain, message: errorLine(error) });
});

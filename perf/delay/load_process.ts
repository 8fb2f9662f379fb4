/**
 * A local Kinesis and a replay at a fixed rate of arrival, in a process of
 * their own. Tells when PutRecords has answered for the last shard's watermark.
 *
 * @module
 */
import { credentialsSource } from "../../engine/aws/credentials.ts";
import {
  httpPutTransport,
  type PutTransport,
} from "../../engine/kinesis/put_transport.ts";
import { startLocalKinesis } from "../../engine/local_kinesis/mod.ts";
import { TripGenerator } from "../../engine/replay/generator.ts";
import { startReplay } from "../../engine/replay/replay.ts";

/** What the load is, as JSON. */
export interface LoadSpec {
  readonly eventsPerSecond: number;
  readonly shardCount: number;
  /** Real time in which a window passes, ms. */
  readonly windowPassesMs: number;
}

/** What the process says. */
export type LoadMessage =
  | { readonly type: "listening"; readonly endpoint: string }
  | {
      readonly type: "answered";
      /** Of the watermark that PutRecords has answered for. */
      readonly watermarkMs: number;
      readonly atMs: number;
    };

const STREAM = "delay";
const REGION = "us-east-1";
const WINDOW_MS = 600_000;
/** Watermarks while a window passes. */
const WATERMARKS_PER_WINDOW = 20;
const WATERMARK_REGEXP = /"watermark":"([^"]+)"/g;

const spec = JSON.parse(process.argv[2] ?? "{}") as LoadSpec;

function send(message: LoadMessage): void {
  process.send?.(message);
}

/** Hears which watermarks were put. */
function listening(transport: PutTransport): PutTransport {
  return {
    async post(headers, body, signal) {
      const answer = await transport.post(headers, body, signal);
      const atMs = Date.now();
      const text = body.toString("latin1");
      for (const [, time = ""] of text.matchAll(WATERMARK_REGEXP)) {
        send({ type: "answered", watermarkMs: Date.parse(time), atMs });
      }
      return answer;
    },
    close: () => transport.close(),
  };
}

const kinesis = await startLocalKinesis({
  region: REGION,
  limits: false,
  streams: [{ name: STREAM, shardCount: spec.shardCount }],
});
const endpoint = kinesis.url;
const credentials = credentialsSource({ region: REGION, endpoint });
const connection = { region: REGION, endpoint, credentials, caPem: "" };
const speedup = WINDOW_MS / spec.windowPassesMs;
process.on("message", () => {
  void startReplay({
    connection,
    stream: STREAM,
    source: new TripGenerator({
      eventsPerSecond: spec.eventsPerSecond / speedup,
    }),
    speedup,
    pacing: false,
    watermarkIntervalMs: spec.windowPassesMs / WATERMARKS_PER_WINDOW,
    transport: listening(httpPutTransport(connection)),
  });
});
process.on("disconnect", () => process.exit(0));
send({ type: "listening", endpoint });

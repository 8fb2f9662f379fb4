/**
 * How many records the local Kinesis takes and gives, and what that costs its
 * process: 8 shards, 460-byte records, no throughput limits, one connection a
 * shard. The clients send the same signed request again and again and only
 * drain their sockets, so that the server is what is measured; it runs in a
 * process of its own.
 *
 * Usage: npm run build && node dist/perf/local_kinesis_bench.js [seconds]
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { signedHeaders } from "../engine/aws/signer.ts";
import { decodeCbor } from "../engine/kinesis/cbor_reader.ts";
import {
  type CborWritable,
  encodeCbor,
} from "../engine/kinesis/cbor_writer.ts";
import { startLocalKinesis } from "../engine/local_kinesis/mod.ts";

const STREAM = "bench";
const SHARD_COUNT = 8;
const DATA_BYTES = 460;
const RECORDS_PER_PUT = 500;
const RECORDS_PER_GET = 10_000;

type Wire = "cbor" | "json";

/** What the server process says of itself. */
interface ServerReport {
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly recordsPut: number;
  readonly recordsRead: number;
}

/** The server process: starts, then answers each message by a report. */
async function serve(): Promise<void> {
  const kinesis = await startLocalKinesis({
    streams: [{ name: STREAM, shardCount: SHARD_COUNT }],
    limits: false,
    credentials: "any",
  });
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const { recordsPut, recordsRead } = kinesis.stats();
    process.send?.({
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      recordsPut,
      recordsRead,
    } satisfies ServerReport);
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ url: kinesis.url });
}

/** The bytes of a whole signed HTTP/1.1 request. */
function request(
  url: URL,
  operation: string,
  { value, wire }: { readonly value: CborWritable; readonly wire: Wire },
): Buffer {
  const body =
    wire === "cbor"
      ? encodeCbor(value)
      : Buffer.from(
          JSON.stringify(value, (_, member) =>
            member?.type === "Buffer"
              ? Buffer.from(member.data).toString("base64")
              : member,
          ),
        );
  const headers = signedHeaders(
    {
      method: "POST",
      url,
      headers: {
        "content-type": `application/x-amz-${wire}-1.1`,
        "x-amz-target": `Kinesis_20131202.${operation}`,
      },
      body,
    },
    {
      service: "kinesis",
      region: "us-east-1",
      credentials: {
        accessKeyId: "flagdrop-local",
        secretAccessKey: "flagdrop-local",
        sessionToken: "",
        expiresAtMs: Number.POSITIVE_INFINITY,
      },
      clockSkewMs: 0,
      nowMs: Date.now(),
    },
  );
  const lines = Object.entries(headers).map(([key, text]) => `${key}: ${text}`);
  const head = `POST / HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Sends a request until a time and drains the answers. */
async function drain(url: URL, bytes: Buffer, untilMs: number): Promise<void> {
  const socket = connect(Number(url.port), url.hostname);
  let missing = 0;
  socket.on("data", (chunk: Buffer) => {
    if (missing > 0) missing -= chunk.length;
    else {
      const end = chunk.indexOf("\r\n\r\n") + 4;
      const head = chunk.toString("latin1", 0, end);
      if (!head.startsWith("HTTP/1.1 200")) socket.destroy(new Error(head));
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      missing = length - (chunk.length - end);
    }
    if (missing > 0) return;
    if (performance.now() < untilMs) socket.write(bytes);
    else socket.end();
  });
  socket.write(bytes);
  await once(socket, "close");
}

/** Asks once and returns the decoded answer. */
async function ask(
  url: URL,
  operation: string,
  value: CborWritable,
): Promise<Record<string, unknown>> {
  const bytes = request(url, operation, { value, wire: "cbor" });
  const socket = connect(Number(url.port), url.hostname);
  socket.end(bytes);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  const whole = Buffer.concat(parts);
  const body = whole.subarray(whole.indexOf("\r\n\r\n") + 4);
  return decodeCbor(body) as Record<string, unknown>;
}

/** A PutRecords request for one shard's connection. */
function putRequest(url: URL, wire: Wire): Buffer {
  const data = Buffer.alloc(DATA_BYTES, "x");
  const Records = Array.from({ length: RECORDS_PER_PUT }, () => ({
    Data: data,
    PartitionKey: String(Math.random()),
  }));
  return request(url, "PutRecords", {
    value: { StreamName: STREAM, Records },
    wire,
  });
}

async function getRequest(
  url: URL,
  wire: Wire,
  shardIndex: number,
): Promise<Buffer> {
  const { ShardIterator } = await ask(url, "GetShardIterator", {
    StreamName: STREAM,
    ShardId: `shardId-${String(shardIndex).padStart(12, "0")}`,
    ShardIteratorType: "TRIM_HORIZON",
  });
  return request(url, "GetRecords", {
    value: { ShardIterator: String(ShardIterator), Limit: RECORDS_PER_GET },
    wire,
  });
}

async function main(seconds: number): Promise<void> {
  if (import.meta.url.endsWith(".ts")) {
    console.warn("Run this from dist: sources under a loader are slower.");
  }
  const child = fork(fileURLToPath(import.meta.url), ["--server"]);
  const [{ url: text }] = (await once(child, "message")) as [{ url: string }];
  const url = new URL(text);
  const report = async (): Promise<ServerReport> => {
    child.send("report");
    const [message] = (await once(child, "message")) as [ServerReport];
    return message;
  };
  const measure = async (title: string, requests: readonly Buffer[]) => {
    const before = await report();
    const startMs = performance.now();
    const untilMs = startMs + seconds * 1_000;
    await Promise.all(requests.map((bytes) => drain(url, bytes, untilMs)));
    const tookMs = performance.now() - startMs;
    const after = await report();
    const records =
      after.recordsPut -
      before.recordsPut +
      after.recordsRead -
      before.recordsRead;
    const cores = (after.cpuMs - before.cpuMs) / tookMs;
    const rate = Math.round((records / tookMs) * 1_000);
    console.log(
      `${title.padEnd(16)} ${rate.toLocaleString("en").padStart(12)} records/s, server ${cores.toFixed(2)} cores, ${(after.rssBytes / 1024 ** 2).toFixed(0)} MiB`,
    );
  };
  console.log(`Node ${process.version}, ${seconds} s each`);
  const shards = Array.from({ length: SHARD_COUNT }, (_, index) => index);
  for (const wire of ["cbor", "json"] as const) {
    await measure(
      `PutRecords ${wire}`,
      shards.map(() => putRequest(url, wire)),
    );
  }
  for (const wire of ["cbor", "json"] as const) {
    const requests = shards.map((index) => getRequest(url, wire, index));
    await measure(`GetRecords ${wire}`, await Promise.all(requests));
  }
  child.disconnect();
}

if (process.argv[2] === "--server") await serve();
else await main(Number(process.argv[2] ?? 3));

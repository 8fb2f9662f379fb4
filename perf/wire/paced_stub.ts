/**
 * A Kinesis that costs little, into which records come at a fixed rate: what
 * has come since an iterator is answered at once, be it nothing, as the service
 * does. Their bytes were made before the round.
 *
 * It understands GetRecords and GetShardIterator from the beginning, in CBOR.
 *
 * @module
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { encodeCbor } from "../../engine/kinesis/cbor_writer.ts";
import { TripStream } from "../memory/trip_stream.ts";
import { ArrivingShard } from "./arriving_shard.ts";
import { cborHead, iteratorText, recordChunks } from "./ready_answers.ts";
import { HEAD_END, readRequests } from "./stub_requests.ts";
import type { WireStubMessage } from "./wire_stub.ts";

/** What the stub is started with, as JSON. */
export interface PacedStubSpec {
  readonly shardCount: number;
  readonly recordsPerSecond: number;
  /** How long records come in a round, s. */
  readonly roundSeconds: number;
  /** Event time that passes in a second. */
  readonly speedup: number;
}

/** Into each shard they come by chunks. */
const CHUNKS_PER_SECOND = 50;
/** A minute of event time has one. */
const WATERMARK_EVERY_SECONDS = 60;

const spec = JSON.parse(process.argv[2] ?? "{}") as PacedStubSpec;
const { shardCount, recordsPerSecond, roundSeconds, speedup } = spec;
const watermarksPerSecond = speedup / WATERMARK_EVERY_SECONDS;
const tripsPerSecond = (recordsPerSecond - watermarksPerSecond) * shardCount;
const stream = new TripStream({
  trips: Math.round(tripsPerSecond * roundSeconds),
  shardCount,
  eventsPerSecond: tripsPerSecond / speedup,
});

let round = 0;
let openedAtMs = Number.POSITIVE_INFINITY;
let shards: ArrivingShard[] = [];

function send(message: WireStubMessage): void {
  process.send?.(message);
}

function prepare(): void {
  openedAtMs = Number.POSITIVE_INFINITY;
  round++;
  stream.prepare();
  shards = [];
  for (const [i, shard] of stream.shared.shards.entries()) {
    const perChunk = Math.round(recordsPerSecond / CHUNKS_PER_SECOND);
    const chunks = recordChunks({ shard, round }, perChunk);
    const intervalMs = (perChunk / recordsPerSecond) * 1_000;
    const delayMs = (i / shardCount) * intervalMs;
    shards.push(new ArrivingShard(chunks, { intervalMs, delayMs }));
  }
  const { closedMs, recordCount } = stream;
  send({ type: "prepared", closedMs, recordCount });
}

function respond(socket: Socket, parts: readonly Buffer[]): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  socket.cork();
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-cbor-1.1\r\nContent-Length: ${length}${HEAD_END}`,
  );
  for (const part of parts) socket.write(part);
  socket.uncork();
}

/** What follows an iterator; one of an earlier round is at this round's start. */
function records(shard: number, wanted: number, index: number): Buffer[] {
  if (wanted > round) return [cborHead(iteratorText(shard, wanted, index), 0)];
  const from = wanted < round ? 0 : index;
  const found = shards[shard]?.since(from, performance.now() - openedAtMs);
  const { chunks, next, isLast } = found ?? {
    chunks: [],
    next: from,
    isLast: false,
  };
  const iterator = isLast
    ? iteratorText(shard, round + 1, 0)
    : iteratorText(shard, round, next);
  const count = chunks.reduce((sum, { recordCount }) => sum + recordCount, 0);
  return [cborHead(iterator, count), ...chunks.map(({ bytes }) => bytes)];
}

function serve(socket: Socket, request: string): void {
  const shardId = /shardId-(\d{12})/.exec(request);
  if (shardId !== null) {
    const ShardIterator = iteratorText(Number(shardId[1]), 1, 0);
    respond(socket, [encodeCbor({ ShardIterator })]);
    return;
  }
  const [, shard, wanted, index] = /at-(\d+)-(\d+)-(\d+)-/.exec(request) ?? [];
  respond(socket, records(Number(shard), Number(wanted), Number(index)));
}

const accept = (socket: Socket) => readRequests(socket, serve);

process.on("message", (message: "prepare" | "open") => {
  if (message === "prepare") prepare();
  else openedAtMs = performance.now();
});
process.on("disconnect", () => process.exit(0));

const server = createServer(accept);
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const shardIds = stream.shared.shards.map(({ shardId }) => shardId);
  send({ type: "listening", port, shardIds });
});

/**
 * A Kinesis that costs nothing: it sends answers made beforehand, as fast as
 * the socket takes them, from a process of its own.
 *
 * It understands GetShardIterator and GetRecords and nothing else; signatures
 * are not looked at. Between two rounds requests wait.
 *
 * @module
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { encodeCbor } from "../../engine/kinesis/cbor_writer.ts";
import { evenHashRanges } from "../../engine/local_kinesis/store/hash_range.ts";
import { TripStream } from "../memory/trip_stream.ts";
import { CERTIFICATE_PEM, KEY_PEM } from "./certificate.ts";
import {
  emptyAnswer,
  iteratorAfter,
  iteratorText,
  readyAnswers,
  type WireFormat,
} from "./ready_answers.ts";
import { HEAD_END, readRequests } from "./stub_requests.ts";

/** What the stub is started with, as JSON. */
export interface WireStubSpec {
  readonly trips: number;
  readonly shardCount: number;
  readonly format: WireFormat;
  readonly tls: boolean;
}

/** What it says. */
export type WireStubMessage =
  | {
      readonly type: "listening";
      readonly port: number;
      readonly shardIds: readonly string[];
    }
  | {
      readonly type: "prepared";
      readonly closedMs: number;
      readonly recordCount: number;
    };

interface Waiting {
  readonly socket: Socket;
  readonly shard: number;
  readonly round: number;
  readonly index: number;
}

const spec = JSON.parse(process.argv[2] ?? "{}") as WireStubSpec;
const { trips, shardCount } = spec;
const stream = new TripStream({ trips, shardCount });
const ranges = evenHashRanges(shardCount);
const isJson = spec.format === "json";
const contentType = isJson
  ? "application/x-amz-json-1.1"
  : "application/x-amz-cbor-1.1";

let round = 0;
let isOpen = false;
let answers: Buffer[][] = [];
/**
 * Each shard's last answer of the round before, and its index: what follows
 * the last watermark may be asked for when the round is already over.
 */
let leftovers: { readonly index: number; readonly body: Buffer | undefined }[] =
  [];
/** Requests for what is not there yet. */
let waiting: Waiting[] = [];

/** How long a request waits for records before it is told that there are none. */
const HOLD_MS = 5_000;

function send(message: WireStubMessage): void {
  process.send?.(message);
}

function prepare(): void {
  isOpen = false;
  round++;
  stream.prepare();
  leftovers = answers.map((ofShard) => ({
    index: ofShard.length - 1,
    body: ofShard.at(-1),
  }));
  answers = stream.shared.shards.map((shard, shardIndex) =>
    readyAnswers({
      shard,
      shardIndex,
      round,
      format: spec.format,
      hashKey: String(ranges[shardIndex]?.start ?? 0),
    }),
  );
  const { closedMs, recordCount } = stream;
  send({ type: "prepared", closedMs, recordCount });
}

function respond(socket: Socket, body: Buffer): void {
  socket.cork();
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}${HEAD_END}`,
  );
  socket.write(body);
  socket.uncork();
}

function iteratorAnswer(shard: number, sequenceNumber: string): Buffer {
  const ShardIterator =
    sequenceNumber === ""
      ? iteratorText(shard, 1, 0)
      : iteratorAfter(shard, sequenceNumber, spec.format);
  return isJson
    ? Buffer.from(JSON.stringify({ ShardIterator }))
    : encodeCbor({ ShardIterator });
}

function serve(socket: Socket, request: string): void {
  const shardId = /shardId-(\d{12})/.exec(request);
  if (shardId !== null) {
    const after = /4959\d{52}/.exec(request)?.[0] ?? "";
    respond(socket, iteratorAnswer(Number(shardId[1]), after));
    return;
  }
  const [, shard, wanted, index] = /at-(\d+)-(\d+)-(\d+)-/.exec(request) ?? [];
  reply({
    socket,
    shard: Number(shard),
    round: Number(wanted),
    index: Number(index),
  });
}

function reply(request: Waiting): void {
  const { socket, shard, index } = request;
  const leftover = leftovers[shard];
  if (request.round === round - 1 && leftover?.body !== undefined) {
    if (index === leftover.index) respond(socket, leftover.body);
    else reply({ ...request, round, index: 0 });
    return;
  }
  const ofShard = answers[shard];
  // An iterator made from a sequence number may lie behind the last answer.
  if (request.round === round && isOpen && index === ofShard?.length) {
    waiting.push({ ...request, round: round + 1, index: 0 });
    return;
  }
  const body = request.round === round && isOpen ? ofShard?.[index] : undefined;
  if (body === undefined) waiting.push(request);
  else respond(socket, body);
}

function replyWaiting(): void {
  const woken = waiting;
  waiting = [];
  for (const request of woken) reply(request);
}

/** Nobody shall take us for dead. */
function tellWaiting(): void {
  const told = waiting;
  waiting = [];
  for (const { socket, shard, round: wanted, index } of told) {
    respond(
      socket,
      emptyAnswer(iteratorText(shard, wanted, index), spec.format),
    );
  }
}

setInterval(tellWaiting, HOLD_MS);

const accept = (socket: Socket) => readRequests(socket, serve);

process.on("message", (message: "prepare" | "open") => {
  if (message === "prepare") prepare();
  else {
    isOpen = true;
    replyWaiting();
  }
});
process.on("disconnect", () => process.exit(0));

const server = spec.tls
  ? createTlsServer({ cert: CERTIFICATE_PEM, key: KEY_PEM }, accept)
  : createServer(accept);
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const shardIds = stream.shared.shards.map(({ shardId }) => shardId);
  send({ type: "listening", port, shardIds });
});

/** The reading side of the simulated Kinesis, as one worker sees it. */
import { walkGetRecordsCbor } from "../../engine/kinesis/get_records_cbor.ts";
import {
  type KinesisErrorKind,
  KinesisRequestError,
} from "../../engine/kinesis/request_error.ts";
import type {
  KinesisTransport,
  RecordsAnswer,
  RecordsRequest,
  ShardIteratorRequest,
} from "../../workers/kinesis/transport.ts";
import { type ModelAnswer, toCbor } from "../engine/kinesis/wire_answer.ts";
import type { Life } from "./scheduler.ts";
import { START_MS } from "./sim_clock.ts";
import { listed, type SimShard } from "./sim_stream.ts";
import type { World } from "./world.ts";

const SLOW_MS_MAX = 8_000;
const RECORDS_PER_ANSWER_MAX = 12;

function refusal(kind: KinesisErrorKind, code: string): KinesisRequestError {
  return new KinesisRequestError(kind, { status: 400, code, message: "no" });
}

export class SimTransport implements KinesisTransport {
  readonly #world: World;
  readonly #life: Life;

  constructor(world: World, life: Life) {
    this.#world = world;
    this.#life = life;
  }

  async getShardIterator(
    request: ShardIteratorRequest,
    signal: AbortSignal,
  ): Promise<string> {
    const { shardId, start } = request;
    await this.#travel(signal);
    const shard = this.#world.stream.shard(shardId);
    if (shard.gone) {
      this.#world.violation(`${shardId} is read after it has gone`);
    }
    const index = startIndex(shard, start);
    await this.#travel(signal);
    return `${shardId}:${index}`;
  }

  async getRecords(
    request: RecordsRequest,
    signal: AbortSignal,
  ): Promise<RecordsAnswer> {
    const { rates } = this.#world.faults;
    await this.#travel(signal);
    if (this.#world.goesWrong(rates.silent)) {
      await this.#wait(Number.POSITIVE_INFINITY, signal);
    }
    if (this.#world.goesWrong(rates.slow)) {
      await this.#wait(this.#world.latencyMs(SLOW_MS_MAX), signal);
    }
    if (this.#world.goesWrong(rates.throttled)) {
      throw refusal("throttled", "ProvisionedThroughputExceededException");
    }
    if (this.#world.goesWrong(rates.failed)) {
      throw refusal("transient", "InternalFailure");
    }
    if (this.#world.goesWrong(rates.expired)) {
      throw refusal("expired_iterator", "ExpiredIteratorException");
    }
    const answer = this.#answer(request);
    await this.#travel(signal);
    return this.#delivered(answer, request.shardId);
  }

  #answer({ iterator, limit }: RecordsRequest): ModelAnswer {
    const { stream, random, faults } = this.#world;
    const [shardId = "", from = ""] = iterator.split(":");
    const shard = stream.shard(shardId);
    const first = Math.max(Number(from), shard.trimmedCount);
    const left = shard.records.length - first;
    const most = Math.min(limit, random.whole(1, RECORDS_PER_ANSWER_MAX), left);
    const count = this.#world.goesWrong(faults.rates.emptyBehind) ? 0 : most;
    const next = first + count;
    const ended = shard.closed && next === shard.records.length;
    const children = this.#world.goesWrong(faults.rates.childless)
      ? []
      : stream.children(shardId).map(listed);
    return {
      records: shard.records.slice(first, next),
      nextShardIterator: ended ? null : `${shardId}:${next}`,
      millisBehindLatest: this.#behindMs(shard, next),
      childShards: ended ? children : [],
    };
  }

  #behindMs(shard: SimShard, next: number): number {
    const { scheduler } = this.#world;
    const waiting = shard.records[next];
    if (waiting === undefined) return 0;
    const nowMs = START_MS + Math.floor(scheduler.nowMs);
    return Math.max(1, nowMs - waiting.arrivalMs);
  }

  #delivered(answer: ModelAnswer, shardId: string): RecordsAnswer {
    const world = this.#world;
    const bytes = toCbor(answer);
    if (world.goesWrong(world.faults.rates.garbled)) bytes[1] = 0xff;
    const ended = answer.nextShardIterator === null;
    world.note(
      `${this.#life.name} answer ${shardId} ${answer.records.length}${ended ? " end" : ""}`,
    );
    if (ended) world.step("shard ended", this.#life);
    const { parentShardIds } = world.stream.shard(shardId);
    if (parentShardIds.length > 0) world.step("child first read", this.#life);
    return {
      byteLength: bytes.length,
      readInto: (columns) => walkGetRecordsCbor(bytes, bytes.length, columns),
      release: () => bytes.fill(0),
    };
  }

  #travel(signal: AbortSignal): Promise<void> {
    return this.#wait(this.#world.latencyMs(), signal);
  }

  /** Rejects when the signal is aborted, as the real one does. */
  async #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        callOff();
        reject(new Error("aborted"));
      };
      const callOff = this.#world.scheduler.plan(this.#life, delayMs, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }
}

function startIndex(
  { records, trimmedCount }: SimShard,
  start: ShardIteratorRequest["start"],
): number {
  let index = 0;
  if (start.type === "at_timestamp") {
    index = records.findIndex(
      ({ arrivalMs }) => arrivalMs >= start.timestampMs,
    );
  } else if (start.type === "after") {
    const after = BigInt(start.sequenceNumber);
    index = records.findIndex((one) => BigInt(one.sequenceNumber) > after);
  }
  return Math.max(trimmedCount, index < 0 ? records.length : index);
}

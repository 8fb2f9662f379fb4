/**
 * A worker that reads shards: answers go through the operator, and what they
 * add goes to the coordinator in flushes.
 *
 * @module
 */
import type { Clock } from "../../engine/clock.ts";
import {
  DEAD_LETTER_BYTES_MAX,
  TALLY_KEYS_MAX,
  WORKER_BYTES_IN_FLIGHT,
} from "../../engine/limits.ts";
import type {
  CoordinatorMessage,
  KinesisReading,
  ShardAssignment,
  WorkerStart,
} from "../../engine/messages.ts";
import { openDecoder } from "../decode/open_decoder.ts";
import { PACKED_SHARE } from "../payload/limits.ts";
import { openConsumer } from "../payload/payload_texts.ts";
import { TallyOperator } from "../tally/tally_operator.ts";
import type { Post, WorkerRole } from "../worker_loop.ts";
import { Flusher } from "./flusher.ts";
import { IdleWatch } from "./idle_watch.ts";
import {
  ANSWER_BYTES_DEFAULT,
  ANSWER_SLOTS,
  MEMORY_ANSWER_BYTES,
} from "./limits.ts";
import { openReader } from "./open_reader.ts";
import { ReadScratch } from "./read_scratch.ts";
import { ShardPauses } from "./shard_pauses.ts";
import { ShardState } from "./shard_state.ts";
import { SigningRelay } from "./signing_relay.ts";
import type { OpenedTransport, OpenTransport } from "./transport.ts";

/** Options for {@linkcode KinesisRole}. */
export interface KinesisRoleOptions {
  readonly start: WorkerStart;
  readonly reading: KinesisReading;
  readonly post: Post;
  /** Ends the worker with an error. */
  readonly fail: (error: unknown) => void;
  /** Notes what is in hand, 0 for nothing. @default {nobody notes it} */
  readonly take?: (number: number) => void;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly openTransport: OpenTransport;
}

/** Reads the shards that it is given. */
export class KinesisRole implements WorkerRole {
  readonly #options: KinesisRoleOptions;
  readonly #operator: TallyOperator;
  readonly #consume: ReturnType<typeof openConsumer>;
  readonly #shards = new Map<string, ShardState>();
  readonly #flusher: Flusher;
  readonly #signing: SigningRelay;
  readonly #opened: OpenedTransport;
  readonly #scratch: ReadScratch;
  readonly #ending = new AbortController();
  readonly #pauses = new ShardPauses();
  /** Assignments that came before the first credentials. */
  #waiting: ShardAssignment[] = [];

  constructor(options: KinesisRoleOptions) {
    this.#options = options;
    const { start, reading, post, fail, clock } = options;
    const decoder = openDecoder(start.plan, {
      length: MEMORY_ANSWER_BYTES,
      slotCount: ANSWER_SLOTS,
    });
    this.#scratch = new ReadScratch(decoder.memory);
    this.#operator = new TallyOperator({
      plan: start.plan,
      decoder,
      watermarkAheadMaxMs: start.watermarkAheadMaxMs,
      late: start.late,
    });
    this.#consume = openConsumer(start.plan.payload, this.#operator);
    this.#flusher = new Flusher({
      start,
      post,
      fail,
      clock,
      operator: this.#operator,
      shards: this.#shards,
    });
    this.#signing = new SigningRelay(start.epoch, post);
    this.#opened = options.openTransport({
      reading,
      signing: this.#signing,
      clock,
      answerSlots: decoder.memory?.slots ?? [],
    });
  }

  handle(message: CoordinatorMessage): void {
    switch (message.type) {
      case "assign":
        this.#waiting.push(...message.shards);
        this.#openWaiting();
        break;
      case "release":
        this.#release(message.shardId);
        break;
      case "pause":
        this.#pauses.set(message.shardIds);
        break;
      case "credit":
        this.#flusher.credit();
        break;
      case "credentials":
        this.#signing.take(message);
        this.#openWaiting();
        break;
      case "block":
      case "stop":
        throw new TypeError(`Cannot handle "${message.type}" while reading`);
    }
  }

  #openWaiting(): void {
    if (!this.#signing.ready) return;
    for (const shard of this.#waiting) this.#open(shard);
    this.#waiting = [];
  }

  #open(shard: ShardAssignment): void {
    const { reading, start, post, fail, take, clock, random } = this.#options;
    const tally = this.#operator.shard(shard);
    const isPacked = start.plan.payload.compression !== "none";
    const share = isPacked ? PACKED_SHARE : 1;
    const reader = openReader(shard, {
      subscriptions: this.#opened.subscriptions,
      transport: this.#opened.transport,
      clock,
      random,
      readsPerSecond: reading.readsPerSecond,
      kplOutOfRange: reading.kplOutOfRange,
      scratch: this.#scratch,
      bytesBudget: () =>
        Math.min(
          ANSWER_BYTES_DEFAULT,
          WORKER_BYTES_IN_FLIGHT / Math.max(1, this.#shards.size),
        ) / share,
      gate: () => this.#gate(shard.shardId),
      onTrouble: (trouble) =>
        post({ type: "trouble", epoch: start.epoch, ...trouble }),
      onAnswer: (_, answer, batch) => {
        const startMs = clock.monotonicMs();
        take?.(shard.number);
        if (batch !== undefined) this.#consume(tally, batch);
        take?.(0);
        const busyMs = clock.monotonicMs() - startMs;
        state.note(answer, busyMs);
        this.#flusher.noteAnswer(state, busyMs);
      },
    });
    const idleWatch = new IdleWatch(start.idleTimeoutMs, clock);
    const state = new ShardState(tally, reader, idleWatch);
    this.#shards.set(shard.shardId, state);
    reader.run(this.#ending.signal).catch(fail);
  }

  /**
   * Reading waits while as much is tallied as may be, until a flush; and while
   * the shard is told to pause.
   */
  #gate(shardId: string): Promise<void> | undefined {
    if (this.#pauses.isPaused(shardId)) return this.#pauses.changed();
    const isFull =
      this.#operator.tables.hasKeys(TALLY_KEYS_MAX) ||
      this.#operator.deadLetterBytes >= DEAD_LETTER_BYTES_MAX;
    return isFull ? this.#flusher.flushed() : undefined;
  }

  #release(shardId: string): void {
    const waiting = this.#waiting.find((shard) => shard.shardId === shardId);
    if (waiting !== undefined) {
      this.#waiting = this.#waiting.filter((shard) => shard !== waiting);
      this.#open(waiting);
    }
    const state = this.#shards.get(shardId);
    if (state === undefined || state.done) return;
    state.reader
      .stop()
      .then(() => {
        // It may have ended meanwhile; its last flush is on its way then.
        if (state.done) return;
        state.release();
        this.#flusher.flushSoon();
      })
      .catch(this.#options.fail);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.#shards.values()].map((s) => s.reader.stop()));
    this.#flusher.close();
    await this.#opened.close();
  }
}

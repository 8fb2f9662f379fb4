/**
 * A stream and workers that are a model: each shard has so many flushes to
 * give, one window apart, with so many keys each; a worker gives one of each
 * of its shards a turn, if it has a credit and the shard is not told to wait.
 */
import { pino } from "pino";
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import { KinesisInput } from "../../engine/coordinator/kinesis_input.ts";
import { Merger } from "../../engine/coordinator/merger.ts";
import { WorkerSupervisor } from "../../engine/coordinator/worker_supervisor.ts";
import type { ShardAssignment, ShardProgress } from "../../engine/messages.ts";
import { packTallies } from "../../engine/tally/tally_columns.ts";
import { TurnedClock } from "../workers/kinesis/turned_clock.ts";
import { testCredentialsSource } from "./credentials.ts";
import { type FakeThread, FakeWorkers } from "./fake_workers.ts";
import {
  counted,
  MemoryDeadLetters,
  MemorySink,
  PLAN,
  WINDOW_MS,
} from "./taxi.ts";

/** Credits of a worker. */
const CREDITS = 2;

/** One shard of the model. */
export interface ModelShard {
  readonly shardId: string;
  /** Windows that it is ahead of the first one. */
  readonly ahead: number;
  /** Flushes that it has to give. */
  readonly flushes: number;
  /** Keys of each, none of them in another shard. */
  readonly keys: number;
}

/** What a thread of the model has. */
interface ModelThread {
  readonly shards: Map<string, ShardAssignment>;
  credits: number;
  flushNumber: number;
  paused: ReadonlySet<string>;
}

/** Tallies of some keys in one window. */
function tallies(windowStartMs: number, firstKey: number, keys: number) {
  return packTallies([
    {
      queryIndex: 0,
      windowStartMs,
      firstTallied: 0,
      columns: {
        rowCount: keys,
        word0: Uint32Array.from({ length: keys }, (_, i) => firstKey + i),
        word1: new Uint32Array(keys),
        counts: new Float64Array(keys).fill(2),
        accumulators: [],
      },
    },
  ]);
}

/** Options for {@linkcode StreamModel}. */
export interface StreamModelOptions {
  readonly shards: readonly ModelShard[];
  readonly workerCount: number;
  readonly openKeysMax: number;
}

/** The coordinator on a model of everything else. */
export class StreamModel {
  readonly #options: StreamModelOptions;
  readonly #states = new Map<FakeThread, ModelThread>();
  readonly clock = new TurnedClock();
  readonly workers = new FakeWorkers();
  readonly sink = new MemorySink();
  readonly errors: unknown[] = [];
  readonly merger: Merger;
  readonly input: KinesisInput;
  readonly supervisor: WorkerSupervisor;
  /** Most keys that were open at once. */
  keysOpenMost = 0;

  constructor(options: StreamModelOptions) {
    this.#options = options;
    const fail = (error: unknown) => this.errors.push(error);
    const log = pino({ level: "silent" });
    this.merger = new Merger({
      plan: PLAN,
      clock: this.clock,
      sinks: [this.sink],
      deadLetters: new MemoryDeadLetters(),
      onRoom: () => this.input.onRoom(),
      onError: fail,
      onFireDelay: () => {},
      openKeysMax: options.openKeysMax,
      holding: () => this.input.holding(),
    });
    this.workers.onPost = (thread, message) => {
      const state = this.#state(thread);
      if (message.type === "credit") state.credits++;
      else if (message.type === "pause") {
        state.paused = new Set(message.shardIds);
      } else if (message.type === "assign") {
        for (const one of message.shards) state.shards.set(one.shardId, one);
      }
    };
    this.supervisor = new WorkerSupervisor({
      workers: this.workers,
      start: {} as never,
      clock: this.clock,
      log,
      restartsMax: 5,
      onMessage: (worker, message) => this.input.handle(worker, message),
      onReady: (worker) => this.input.onWorkerReady(worker),
      onLost: (worker, inHand) => this.input.onWorkerLost(worker, inHand),
      suspect: () => this.input.suspect(),
      fail,
    });
    this.input = new KinesisInput({
      workers: this.supervisor,
      merger: this.merger,
      host: { ...machineHost, clock: this.clock },
      openKeysMax: options.openKeysMax,
      windowMs: WINDOW_MS,
      fail,
      log,
      stream: {
        streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/taxi",
        streamName: "taxi",
        creationTimeMs: 0,
        status: "ACTIVE",
        retentionHours: 24,
        openShardCount: options.shards.length,
        recordBytesMax: 1_048_576,
      },
      shards: options.shards.map(({ shardId }, i) => ({
        shardId,
        parentShardIds: [],
        startingHashKey: String(i),
        endingHashKey: String(i),
        startingSequenceNumber: "0",
        closed: false,
      })),
      source: {
        type: "kinesis",
        connection: {
          region: "us-east-1",
          endpoint: "http://127.0.0.1:1",
          credentials: testCredentialsSource(),
          caPem: "",
        },
        stream: "taxi",
        from: { type: "earliest" },
        untilEnd: false,
        readsPerSecond: 5,
        kplOutOfRange: "skip",
      },
    });
  }

  #state(thread: FakeThread): ModelThread {
    let state = this.#states.get(thread);
    if (state === undefined) {
      state = {
        shards: new Map(),
        credits: CREDITS,
        flushNumber: 0,
        paused: new Set(),
      };
      this.#states.set(thread, state);
    }
    return state;
  }

  /** Begins; shards are dealt when it resolves. */
  async start(): Promise<void> {
    this.input.run().catch((error: unknown) => this.errors.push(error));
    this.supervisor.start(this.#options.workerCount);
    await this.clock.advance(0);
  }

  /** Whether everything is read. */
  get isRead(): boolean {
    const done = new Map(
      this.input.shards().map((one) => [one.shardId, one.sequenceNumber]),
    );
    return this.#options.shards.every(
      ({ shardId, flushes }) => done.get(shardId) === String(flushes),
    );
  }

  /** Each worker gives what it may; then a tenth of a second passes. */
  async turn(): Promise<void> {
    for (const worker of this.supervisor.ready) {
      const thread = this.workers.of(worker);
      thread.beats++;
      this.#give(thread);
    }
    this.keysOpenMost = Math.max(this.keysOpenMost, this.merger.keysOpen);
    await this.clock.advance(100);
  }

  #give(thread: FakeThread): void {
    const state = this.#state(thread);
    for (const [shardId, assignment] of state.shards) {
      if (state.credits === 0 || state.paused.has(shardId)) continue;
      const model = this.#options.shards.find((one) => one.shardId === shardId);
      const { start } = assignment;
      const at = start.type === "after" ? Number(start.sequenceNumber) : 0;
      if (model === undefined || at >= model.flushes) continue;
      const sequenceNumber = String(at + 1);
      state.shards.set(shardId, {
        ...assignment,
        start: { type: "after", sequenceNumber },
      });
      state.credits--;
      thread.say({
        type: "flush",
        epoch: 0,
        flushNumber: state.flushNumber++,
        shards: [this.#progress(model, at)],
        tallies: tallies(
          (model.ahead + at) * WINDOW_MS,
          this.#options.shards.indexOf(model) * model.keys + 1,
          model.keys,
        ),
        deadLetters: [],
        busyMs: 0,
        heapBytes: 0,
        receivedAtMs: 0,
      });
    }
  }

  #progress({ shardId, ahead }: ModelShard, at: number): ShardProgress {
    return {
      shardId,
      sequenceNumber: String(at + 1),
      arrivalMs: 0,
      watermarkMs: (ahead + at + 1) * WINDOW_MS - 1,
      behindLatestMs: 0,
      atTip: false,
      answered: true,
      idle: false,
      throttled: 0,
      reading: "polling",
      fallbacks: 0,
      busyMs: 0,
      counts: counted(1),
      ended: false,
      released: false,
      childShards: [],
      dedupe: null,
    };
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.supervisor.close();
    this.input.stop();
    await this.workers.close();
  }
}

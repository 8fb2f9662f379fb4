/** Worker threads that are none: the real worker code in lives of their own. */
import type { WorkerThread } from "../../engine/coordinator/worker_pool.ts";
import { FlagdropError } from "../../engine/errors.ts";
import { HEARTBEAT_INTERVAL_MS } from "../../engine/limits.ts";
import type {
  CoordinatorMessage,
  WorkerMessage,
  WorkerStart,
} from "../../engine/messages.ts";
import { KinesisRole } from "../../workers/kinesis/kinesis_role.ts";
import { runWorker } from "../../workers/worker_loop.ts";
import { Life } from "./scheduler.ts";
import { SimClock } from "./sim_clock.ts";
import { SimPort } from "./sim_port.ts";
import { SimTransport } from "./sim_transport.ts";
import type { World } from "./world.ts";

const START_MS_MAX = 80;
/** A death is noticed before or after what the thread has said. */
const NOTICE_MS_MAX = 20;

/** Options for {@linkcode SimThread}. */
export interface SimThreadOptions {
  readonly world: World;
  readonly process: Life;
  readonly start: WorkerStart;
  readonly onMessage: (message: WorkerMessage) => void;
  /** It has ended by itself, or died. */
  readonly onEnded: (error: FlagdropError | undefined) => void;
}

/** One thread. */
export class SimThread implements WorkerThread {
  readonly #options: SimThreadOptions;
  readonly #life: Life;
  readonly #inbox: SimPort<CoordinatorMessage>;
  readonly #outbox: SimPort<WorkerMessage>;
  #take: (message: CoordinatorMessage) => void = () => {};
  /** Messages that came before the worker listened. */
  #early: CoordinatorMessage[] | undefined = [];
  #isOver = false;
  #isAborted = false;
  #beats = 0;
  /** What it has noted as in hand. */
  inHand = 0;

  constructor(options: SimThreadOptions) {
    const { world, process, start } = options;
    this.#options = options;
    this.#life = new Life(`w${start.workerIndex}.${start.epoch}`, process);
    this.#inbox = new SimPort({
      world,
      to: this.#life,
      deliver: (message) => this.#take(message),
    });
    this.#outbox = new SimPort({
      world,
      to: process,
      // What was under way comes even after an abort: the epoch tells.
      deliver: options.onMessage,
    });
    this.#take = (message) => this.#early?.push(message);
    const delayMs = world.random.next() * START_MS_MAX;
    const copy = structuredClone(start);
    world.scheduler.plan(this.#life, delayMs, () => this.#run(copy));
  }

  /** Whether it runs. */
  get alive(): boolean {
    return this.#life.alive && !this.#isOver;
  }

  post(message: CoordinatorMessage, transfer?: readonly ArrayBuffer[]): void {
    this.#options.world.note(`to ${this.#life.name} ${messageText(message)}`);
    this.#inbox.post(message, transfer);
  }

  get beats(): number {
    return this.#beats;
  }

  /** Ends at once, without a word. */
  abort(): void {
    this.#isAborted = true;
    this.#life.end();
  }

  /** Stands still for a while. */
  hang(durationMs: number): void {
    const { world } = this.#options;
    world.note(`${this.#life.name} hangs for ${durationMs.toFixed()} ms`);
    this.#life.freeze(world.scheduler.nowMs + durationMs);
  }

  /** Ends at once; what it has sent may still come. */
  die(): void {
    if (!this.alive) return;
    this.#options.world.note(`${this.#life.name} dies`);
    this.#life.end();
    this.#over(new FlagdropError("FD_WORKER", "the thread died"));
  }

  #over(error: FlagdropError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { world, process, onEnded } = this.#options;
    const tell = () => {
      if (!this.#isAborted) onEnded(error);
    };
    if (error === undefined) this.#outbox.afterLast(tell);
    else world.scheduler.plan(process, world.latencyMs(NOTICE_MS_MAX), tell);
  }

  #run(start: WorkerStart): void {
    const { world } = this.#options;
    const life = this.#life;
    const clock = new SimClock(world.scheduler, life);
    this.#beats++;
    clock.every(HEARTBEAT_INTERVAL_MS, () => this.#beats++);
    void runWorker({
      start,
      port: {
        postMessage: (message, transfer) => {
          if (!life.alive) return;
          world.note(`${life.name} ${messageText(message)}`);
          this.#outbox.post(message, transfer);
          if (message.type !== "flush") return;
          if (message.shards.some(({ idle }) => idle)) world.tookForIdle(life);
          world.step("flush posted", life);
        },
        on: (_, take) => {
          for (const message of this.#early ?? []) take(message);
          this.#early = undefined;
          this.#take = take;
        },
        close: () => {},
      },
      take: (number) => {
        this.inHand = number;
      },
      openRole: async ({ start, post, fail, take }) => {
        if (start.reading.type !== "kinesis") throw new TypeError("no stream");
        return new KinesisRole({
          start,
          reading: start.reading,
          post,
          fail,
          take,
          clock,
          random: () => world.random.next(),
          openTransport: () => ({
            transport: new SimTransport(world, life),
            close: async () => {},
          }),
        });
      },
    }).then(() => this.#over(undefined));
  }
}

function messageText(message: CoordinatorMessage | WorkerMessage): string {
  switch (message.type) {
    case "assign":
      return `assign ${message.shards.map((one) => `${one.shardId}@${JSON.stringify(one.start)} w=${one.watermarkMs}`).join(", ")}`;
    case "flush":
      return `flush ${message.flushNumber}: ${message.shards
        .map(
          (one) =>
            `${one.shardId}@${one.sequenceNumber} w=${one.watermarkMs}${one.ended ? " ended" : ""}${one.released ? " released" : ""}${one.atTip ? " tip" : ""}${one.idle ? " idle" : ""}`,
        )
        .join(", ")}`;
    case "release":
      return `release ${message.shardId}`;
    case "failure":
      return `failure ${message.message} ${message.stack}`;
    default:
      return message.type;
  }
}

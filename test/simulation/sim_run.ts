/** One process of a simulation: an engine from its start to its end or crash. */
import type { Logger } from "pino";
import type {
  LeaseOwner,
  OwnerState,
} from "../../engine/checkpoint/lease_owner.ts";
import { LeasedStore } from "../../engine/checkpoint/leased_store.ts";
import { openKinesisStream } from "../../engine/coordinator/open_kinesis_stream.ts";
import { type Engine, startOpened } from "../../engine/engine.ts";
import { FlagdropError } from "../../engine/errors.ts";
import { planJob } from "../../engine/job/plan.ts";
import type { KinesisSource } from "../../engine/source.ts";
import { accountedFor, type EngineStatus } from "../../engine/status/status.ts";
import { testCredentialsSource } from "../helpers/credentials.ts";
import { Life } from "./scheduler.ts";
import { SimClock } from "./sim_clock.ts";
import { simControlPlane } from "./sim_control_plane.ts";
import type { SimDisk } from "./sim_disk.ts";
import { jobOf } from "./sim_job.ts";
import {
  deadLetterSink,
  fileSink,
  type SimFile,
  type SimIndex,
} from "./sim_sinks.ts";
import type { SimThread } from "./sim_thread.ts";
import { SimWorkers } from "./sim_workers.ts";
import type { World } from "./world.ts";

const CHECKPOINT_INTERVAL_MS = 1_500;

/** What outlives a process. */
export interface SimRunState {
  readonly index: SimIndex;
  readonly file: SimFile;
  readonly deadLetters: SimFile;
  readonly disk: SimDisk;
}

/** Options for {@linkcode SimRun}. */
export interface SimRunOptions {
  readonly world: World;
  /** Which process it is. */
  readonly number: number;
  /** What can be told of another process. */
  readonly stateOf: (number: number) => OwnerState;
  readonly state: SimRunState;
  readonly workers: number;
  readonly untilEnd: boolean;
  readonly onEnd: (end: "finished" | "stopped" | "failed") => void;
}

/** Failures that a fault explains: the next run goes on. */
const EXPLAINED = new Set(["FD_SINK", "FD_WORKER", "FD_STORE", "FD_LEASE"]);

const GAUGE = {
  cpuSeconds: () => 0,
  rssBytes: () => 0,
  eventLoopDelayMs: () => ({ p50: 0, p99: 0, p999: 0, max: 0 }),
  close: () => {},
};

function logTo(world: World): Logger {
  const line =
    (level: string) =>
    (fields: unknown, message = "") => {
      const { err } = fields as { err?: unknown };
      world.note(`${level} ${message} ${err ?? JSON.stringify(fields)}`);
    };
  return {
    error: line("error"),
    warn: line("warn"),
    info: line("info"),
    debug: line("debug"),
  } as unknown as Logger;
}

export class SimRun {
  readonly #options: SimRunOptions;
  readonly #life: Life;
  readonly #clock: SimClock;
  readonly #stopping = new AbortController();
  #engine: Engine | undefined;
  #workers: SimWorkers | undefined;
  #stopWanted = false;
  #cutUntilMs = 0;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  /** What it said at its end. */
  last: EngineStatus | undefined;

  constructor(options: SimRunOptions) {
    this.#options = options;
    const { world } = options;
    this.#life = new Life(`process ${options.number}`);
    this.#clock = new SimClock(world.scheduler, this.#life);
    this.#note("starts");
    world.scheduler.plan(this.#life, 0, () => {
      this.#main().catch((error: unknown) => this.#failed(error));
    });
    this.#anyStep();
  }

  /** Crashes at any event: counted by moments, whatever happens in them. */
  #anyStep(): void {
    const { world } = this.#options;
    world.scheduler.plan(this.#life, world.random.next() * 10, () => {
      world.step("any", this.#life);
      this.#anyStep();
    });
  }

  get #owner(): LeaseOwner {
    const { number } = this.#options;
    return {
      id: `run-${number}`,
      pid: number,
      startTime: "",
      bootId: "",
      pidNamespace: "",
      hostname: "host",
    };
  }

  async #main(): Promise<void> {
    const { world, state, untilEnd } = this.#options;
    const life = this.#life;
    const log = logTo(world);
    const spec = jobOf(world.choice);
    const store = await LeasedStore.open(
      state.disk.objects(life, () => this.#isCut),
      {
        self: this.#owner,
        stateOf: async ({ pid }) => this.#options.stateOf(pid),
        clock: this.#clock,
        log,
        signal: this.#stopping.signal,
      },
    );
    const restored = await store.load((error) => world.note(`skips ${error}`));
    const merger = restored?.merger;
    this.#note(`restored ${restored?.number ?? "nothing"}`);
    const source: KinesisSource = {
      type: "kinesis",
      connection: {
        region: "us-east-1",
        endpoint: "http://127.0.0.1:1",
        credentials: testCredentialsSource(),
        caPem: "",
      },
      stream: "rides",
      from: { type: "earliest" },
      untilEnd,
      readsPerSecond: 5,
      kplOutOfRange: "skip",
    };
    const controlPlane = simControlPlane(world, life);
    const { makeInput, ...opened } = await openKinesisStream({
      source,
      log,
      controlPlane,
    });
    const workers = new SimWorkers(world, life);
    this.#workers = workers;
    this.#engine = await startOpened(
      {
        spec,
        late: world.choice.keepsLate ? "dead-letter" : "drop",
        documentsPendingMax: world.documentsPendingMax,
        openKeysMax: world.openKeysMax,
        idleTimeoutMs: world.idleTimeoutMs,
        emitEarlyMs: world.choice.emitEarlyMs,
        source,
        workers: this.#options.workers,
        sinks: [
          state.index.sink(life),
          fileSink(world, state.file, {
            life,
            resumeAt: merger?.sinks[1]?.lengthBytes ?? 0,
          }),
        ],
        openDeadLetters: async () =>
          deadLetterSink(world, state.deadLetters, {
            life,
            resumeAt: merger?.deadLetters.lengthBytes ?? 0,
          }),
        checkpoints: { store, intervalMs: CHECKPOINT_INTERVAL_MS, restored },
        log,
        host: {
          clock: this.#clock,
          random: () => world.random.next(),
          controlPlane,
          openGauge: () => GAUGE,
          openWorkers: () => workers,
        },
      },
      planJob(spec),
      {
        ...opened,
        workers,
        makeInput: ({ position, ...parts }) =>
          makeInput({
            ...parts,
            position: position?.type === "kinesis" ? position : undefined,
          }),
      },
    );
    world.step("started", life);
    if (this.#stopWanted) this.#engine.stop().catch(() => {});
    this.last = await this.#engine.finished;
    this.check();
    this.#note("ends");
    this.#life.end();
    this.#options.onEnd(this.#stopWanted ? "stopped" : "finished");
  }

  #failed(error: unknown): void {
    if (!this.#life.alive) return;
    const { world, onEnd } = this.#options;
    this.#note(`fails: ${error}`);
    this.#life.end();
    const isExplained =
      error instanceof FlagdropError &&
      (EXPLAINED.has(error.code) ||
        (error.code === "FD_LIMIT" && this.#stopWanted));
    if (!isExplained) {
      const stack = error instanceof Error ? error.stack : "";
      world.violation(`the run failed: ${error} ${stack}`);
    }
    onEnd("failed");
  }

  stop(): void {
    if (this.#stopWanted) return;
    this.#stopWanted = true;
    this.#note("is told to stop");
    this.#stopping.abort();
    this.#engine?.stop().catch(() => {});
  }

  killWorker(): void {
    this.#someWorker()?.die();
  }

  hangWorker(durationMs: number): void {
    this.#someWorker()?.hang(durationMs);
  }

  #someWorker(): SimThread | undefined {
    const alive = this.#workers?.alive ?? [];
    return alive.length === 0
      ? undefined
      : this.#options.world.random.pick(alive);
  }

  /** Somebody moves some shard to some worker. */
  moveShard(): void {
    const { random } = this.#options.world;
    const shards = this.#engine?.status().shards ?? [];
    if (shards.length === 0) return;
    const { shardId } = random.pick(shards);
    this.#ask(() => this.#engine?.moveShard(shardId, random.whole(0, 3)));
  }

  /** Somebody changes the number of workers. */
  changeWorkers(): void {
    const count = this.#options.world.random.whole(1, 4);
    this.#note(`is to have ${count} workers`);
    this.#ask(() => this.#engine?.setWorkers(count));
  }

  savepoint(): void {
    this.#ask(() => this.#engine?.savepoint());
  }

  /** Asks for what may be refused. */
  #ask(request: () => Promise<unknown> | undefined): void {
    const refused = (error: unknown) => {
      this.#note(`refuses: ${error}`);
      if (error instanceof FlagdropError) return;
      this.#options.world.violation(`the engine threw ${error}`);
    };
    request()?.catch(refused);
  }

  /** Stands still for a while. */
  freeze(durationMs: number): void {
    this.#note(`stands still for ${durationMs.toFixed()} ms`);
    this.#life.freeze(this.#options.world.scheduler.nowMs + durationMs);
  }

  /** The disk is out of its reach for a while. */
  partition(durationMs: number): void {
    this.#note(`can't reach the disk for ${durationMs.toFixed()} ms`);
    this.#cutUntilMs = this.#options.world.scheduler.nowMs + durationMs;
  }

  get #isCut(): boolean {
    return this.#options.world.scheduler.nowMs < this.#cutUntilMs;
  }

  /** Whether it has neither ended nor crashed. */
  get alive(): boolean {
    return this.#life.alive;
  }

  #note(what: string): void {
    this.#options.world.note(`${this.#life.name} ${what}`);
  }

  /** Records read so far, those before the last checkpoint included. */
  get recordsRead(): number {
    return this.#engine?.status().counts.read ?? 0;
  }

  /** Whether everything that was read has been fired and acknowledged. */
  get isIdle(): boolean {
    const status = this.#engine?.status();
    return (
      status?.state === "running" &&
      status.windowsOpen === 0 &&
      status.sinks.every(({ pendingDocuments }) => pendingDocuments === 0)
    );
  }

  /** What must hold whenever somebody looks. */
  check(): void {
    const status = this.last ?? this.#engine?.status();
    if (status === undefined) return;
    const { world } = this.#options;
    this.#checkThreads(status);
    const asleep = status.shards.filter(({ idle }) => idle).length;
    if (asleep > 0) this.#note(`has ${asleep} idle shards`);
    this.#checkWatermark(status);
    const { counts } = status;
    if (accountedFor(counts) !== counts.read) {
      world.violation(`counts don't add up: ${JSON.stringify(counts)}`);
    }
  }

  /** It never goes back, whichever shards sleep and wake. */
  #checkWatermark({ watermarkMs }: EngineStatus): void {
    const now = watermarkMs ?? Number.NEGATIVE_INFINITY;
    if (now < this.#watermarkMs) {
      this.#options.world.violation(
        `the watermark went from ${this.#watermarkMs} back to ${now}`,
      );
    }
    this.#watermarkMs = now;
  }

  /** A thread for each worker that runs, and none besides. */
  #checkThreads({ workers, state }: EngineStatus): void {
    const count = this.#workers?.threadCount ?? 0;
    const most = workers.filter((one) => one.state !== "off").length;
    // What has failed ends its threads last.
    const isOver = this.last !== undefined;
    const isRight = isOver ? count === 0 : state === "failed" || count <= most;
    if (!isRight) {
      this.#options.world.violation(`${count} threads live: ${state}, ${most}`);
    }
  }
}

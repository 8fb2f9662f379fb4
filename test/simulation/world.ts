/** The world of one simulation: time, chance, what goes wrong, what was seen. */
import type { Random } from "../judge/random.ts";
import type { CrashStep, Faults } from "./faults.ts";
import type { ReferenceChoice } from "./reference.ts";
import { Life, Scheduler } from "./scheduler.ts";
import type { JobChoice } from "./sim_job.ts";
import type { SimStream } from "./sim_stream.ts";
import type { Trace } from "./trace.ts";

/** Options for {@linkcode World}. */
export interface WorldOptions {
  readonly random: Random;
  readonly faults: Faults;
  readonly stream: SimStream;
  readonly choice: JobChoice & ReferenceChoice;
  /** Time after which a quiet shard is idle; 0 for never. */
  readonly idleTimeoutMs: number;
  readonly trace: Trace;
}

export class World {
  readonly scheduler = new Scheduler();
  /** Of what no crash ends: the service, the sink's server, the disk. */
  readonly life = new Life("world");
  readonly random: Random;
  readonly faults: Faults;
  readonly stream: SimStream;
  readonly choice: JobChoice & ReferenceChoice;
  readonly idleTimeoutMs: number;
  readonly trace: Trace;
  /** What must not be and was seen. */
  readonly violations: string[] = [];
  /** Documents that may wait for a sink. */
  readonly documentsPendingMax: number;
  /** Open keys from which on shards that are ahead wait. */
  readonly openKeysMax: number;
  /** Records are still being put. */
  producing = true;
  /** After the last fault, so that the run can come to its end. */
  calm = false;
  /** Processes that took a shard for idle, if only once. */
  readonly #timed = new Set<Life>();
  #onCrash: (process: Life) => void = () => {};

  constructor(options: WorldOptions) {
    this.random = options.random;
    this.faults = options.faults;
    this.stream = options.stream;
    this.choice = options.choice;
    this.idleTimeoutMs = options.idleTimeoutMs;
    this.trace = options.trace;
    this.documentsPendingMax = options.random.chance(0.5)
      ? 1_000
      : options.random.whole(1, 30);
    this.openKeysMax = options.random.chance(0.7)
      ? 1_000
      : options.random.whole(35, 80);
  }

  /** Says what to do when the process is gone. */
  onCrash(react: (process: Life) => void): void {
    this.#onCrash = react;
  }

  /** Whether something with a share of such moments goes wrong now. */
  goesWrong(share: number): boolean {
    return share > 0 && !this.calm && this.random.chance(share);
  }

  /** Notes what is happening. */
  note(what: string): void {
    this.trace.add(this.scheduler.nowMs, what);
  }

  /** Notes what must not happen. */
  violation(what: string): void {
    this.note(`VIOLATION ${what}`);
    this.violations.push(what);
  }

  /** A process takes a shard for idle: from here on time decides what it fires. */
  tookForIdle(life: Life): void {
    this.#timed.add(life.process);
  }

  /** Whether what a process fires may be a matter of timing. */
  isTimed(life: Life): boolean {
    return this.#timed.has(life.process);
  }

  /** A step at which the process of `life` may be cut off. */
  step(step: CrashStep, life: Life): void {
    if (!life.alive || this.calm) return;
    for (const crash of this.faults.crashes) {
      if (crash.step !== step || crash.countdown < 1) continue;
      crash.countdown--;
      if (crash.countdown === 0) this.#crash(step, life.process);
    }
  }

  #crash(why: string, process: Life): void {
    if (!process.alive) return;
    this.note(`${process.name} crashes (${why})`);
    process.end();
    this.#onCrash(process);
  }

  /** A wait of the network's or a disk's length. */
  latencyMs(mostMs = 30): number {
    return 0.1 + this.random.next() * mostMs;
  }
}

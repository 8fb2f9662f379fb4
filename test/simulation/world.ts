/** The world of one simulation: time, chance, what goes wrong, what was seen. */
import type { Random } from "../judge/random.ts";
import type { CrashStep, Faults } from "./faults.ts";
import { Life, Scheduler } from "./scheduler.ts";
import type { SimStream } from "./sim_stream.ts";
import type { Trace } from "./trace.ts";

/** Options for {@linkcode World}. */
export interface WorldOptions {
  readonly random: Random;
  readonly faults: Faults;
  readonly stream: SimStream;
  readonly trace: Trace;
}

export class World {
  readonly scheduler = new Scheduler();
  /** Of what no crash ends: the service, the sink's server, the disk. */
  readonly life = new Life("world");
  readonly random: Random;
  readonly faults: Faults;
  readonly stream: SimStream;
  readonly trace: Trace;
  /** What must not be and was seen. */
  readonly violations: string[] = [];
  /** Records are still being put. */
  producing = true;
  /** After the last fault, so that the run can come to its end. */
  calm = false;
  /** The process under way; crashes end it. */
  process = new Life("none");
  #onCrash: () => void = () => {};

  constructor(options: WorldOptions) {
    this.random = options.random;
    this.faults = options.faults;
    this.stream = options.stream;
    this.trace = options.trace;
  }

  /** Says what to do when the process is gone. */
  onCrash(react: () => void): void {
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

  /** A step at which the process may be cut off. */
  step(step: CrashStep, life: Life): void {
    if (!life.alive || this.calm) return;
    for (const crash of this.faults.crashes) {
      if (crash.step !== step || crash.countdown < 1) continue;
      crash.countdown--;
      if (crash.countdown === 0) this.crash(step);
    }
  }

  /** The process is gone, at once. */
  crash(why: string): void {
    if (!this.process.alive) return;
    this.note(`crash (${why})`);
    this.process.end();
    this.#onCrash();
  }

  /** A wait of the network's or a disk's length. */
  latencyMs(mostMs = 30): number {
    return 0.1 + this.random.next() * mostMs;
  }
}

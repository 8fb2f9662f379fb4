/**
 * One simulation: a seed's stream, a seed's faults, and the engine in between,
 * started again after each crash until it has come to its end.
 */

import type { OwnerState } from "../../engine/checkpoint/lease_owner.ts";
import { Random } from "../judge/random.ts";
import { checkEnd } from "./check_end.ts";
import { drawFaults, type Faults, NO_FAULTS } from "./faults.ts";
import { drawHabits, Producer } from "./producer.ts";
import { type ReferenceChoice, referenceOf } from "./reference.ts";
import { START_MS } from "./sim_clock.ts";
import { SimDisk } from "./sim_disk.ts";
import type { JobChoice } from "./sim_job.ts";
import { SimRun, type SimRunState } from "./sim_run.ts";
import { SimFile, SimIndex } from "./sim_sinks.ts";
import { SimStream } from "./sim_stream.ts";
import { Trace } from "./trace.ts";
import { trimStream } from "./trim_stream.ts";
import { World } from "./world.ts";

/** Virtual time in which a simulation must have ended. */
const VIRTUAL_MS_MAX = 30 * 60_000;
const EVENTS_MAX = 100_000;
const RESTART_MS_MAX = 3_000;
/** By arrival, windows end when something arrives after their end. */
const QUIET_MS = 31_000;
const RUNS_MAX = 80;

/** Options for {@linkcode simulate}. */
export interface SimulateOptions {
  /** Nothing goes wrong. */
  readonly faultless?: boolean;
}

/** What came of a simulation. */
export interface Simulated {
  readonly violations: readonly string[];
  readonly trace: Trace;
  readonly runs: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly documents: number;
}

/** How a seed's simulation is set. */
interface Setting {
  readonly workers: number;
  /** The run ends at the stream's tip; else it is stopped when all is done. */
  readonly untilEnd: boolean;
  readonly spanMs: number;
  readonly faults: Faults;
  readonly choice: JobChoice & ReferenceChoice;
  readonly idleTimeoutMs: number;
}

function drawSetting(random: Random, options: SimulateOptions): Setting {
  // Now and then so long that a lease can end meanwhile.
  const spanMs = random.chance(0.2)
    ? random.whole(30_000, 50_000)
    : random.whole(2_000, 15_000);
  const faults = drawFaults(random, spanMs * 1.2);
  return {
    workers: random.whole(1, 3),
    untilEnd: random.chance(0.4),
    spanMs,
    faults: options.faultless === true ? NO_FAULTS : faults,
    idleTimeoutMs: random.chance(0.25) ? random.whole(1_500, 6_000) : 0,
    choice: {
      strategy: random.pick([
        "punctuated",
        "punctuated",
        "bounded",
        "ingestion",
      ]),
      boundMs: random.whole(0, 10_000),
      allowedLatenessMs: random.chance(0.25) ? random.whole(1, 40_000) : 0,
      emitEarlyMs: random.chance(0.25) ? random.whole(200, 5_000) : undefined,
      keepsLate: random.chance(0.3),
      dedupe: random.chance(0.4)
        ? {
            withinMs: random.whole(200, 20_000),
            idsMax: random.chance(0.3) ? random.whole(1, 12) : 1_000,
          }
        : null,
    },
  };
}

class Simulation {
  readonly #setting: Setting;
  readonly world: World;
  readonly #producer: Producer;
  readonly #ticks: number;
  readonly #state: SimRunState;
  readonly runs: SimRun[] = [];
  /** The run that has done everything and was told to stop. */
  #done: SimRun | undefined;
  #isOver = false;

  constructor(seed: number, options: SimulateOptions) {
    const random = new Random(seed * 7_919 + 17);
    this.#setting = drawSetting(random, options);
    const stream = new SimStream(random, random.whole(1, 4));
    const habits = drawHabits(random);
    const { idleTimeoutMs, choice } = this.#setting;
    this.#ticks = habits.ticks;
    this.#producer = new Producer({
      random,
      stream,
      habits,
      idleTimeoutMs,
      boundMs: choice.boundMs,
    });
    const { faults } = this.#setting;
    this.world = new World({
      random,
      faults,
      stream,
      choice: this.#setting.choice,
      idleTimeoutMs: this.#setting.idleTimeoutMs,
      trace: new Trace(),
    });
    this.#state = {
      index: new SimIndex(this.world),
      file: new SimFile(this.world),
      deadLetters: new SimFile(this.world),
      disk: new SimDisk(this.world),
    };
  }

  get documents(): number {
    return this.#state.index.documents.size;
  }

  async go(): Promise<void> {
    const { world } = this;
    this.#planProducer();
    this.#planFaults();
    world.onCrash(() => this.#crashed());
    this.#start();
    this.#look();
    const outcome = await world.scheduler.loop(
      () => this.#isOver || world.violations.length > 0,
      { untilMs: VIRTUAL_MS_MAX, eventsMax: EVENTS_MAX },
    );
    if (outcome !== "done") world.violation(`does not end: ${outcome}`);
  }

  #plan(atMs: number, run: () => void): void {
    this.world.scheduler.plan(this.world.life, atMs, run);
  }

  #planProducer(): void {
    const { spanMs, untilEnd } = this.#setting;
    const tick = () => this.#producer.tick(this.#nowMs);
    if (untilEnd) {
      for (let i = this.#ticks; i > 0; i--) {
        this.#producer.tick(START_MS - i * 700);
      }
      this.#finishProducing();
      return;
    }
    for (let i = 0; i < this.#ticks; i++) {
      this.#plan(this.world.random.next() * spanMs, tick);
    }
    const isByArrival = this.#setting.choice.strategy === "ingestion";
    const quietMs = isByArrival ? QUIET_MS : 0;
    this.#plan(spanMs + quietMs, () => this.#finishProducing());
  }

  #planFaults(): void {
    const { spanMs, faults } = this.#setting;
    for (const atMs of faults.workerDeathsMs) {
      this.#plan(atMs, () => this.#newest?.killWorker());
    }
    for (const { atMs, lengthMs } of faults.workerHangs) {
      this.#plan(atMs, () => this.#newest?.hangWorker(lengthMs));
    }
    for (const { atMs, lengthMs } of faults.freezes) {
      this.#plan(atMs, () => {
        this.#newest?.freeze(lengthMs);
        this.#takeOver(lengthMs);
      });
    }
    for (const { atMs, lengthMs } of faults.partitions) {
      this.#plan(atMs, () => {
        this.#newest?.partition(lengthMs);
        this.#takeOver(lengthMs);
      });
    }
    for (const atMs of faults.trimsMs) {
      this.#plan(atMs, () => this.#trim());
    }
    for (const atMs of faults.movesMs) {
      this.#plan(atMs, () => this.#newest?.moveShard());
    }
    for (const atMs of faults.workerChangesMs) {
      this.#plan(atMs, () => this.#newest?.changeWorkers());
    }
    for (const atMs of faults.savepointsMs) {
      this.#plan(atMs, () => this.#newest?.savepoint());
    }
    for (const atMs of faults.stopsMs) {
      this.#plan(atMs, () => this.#newest?.stop());
    }
    this.#plan(spanMs * 3 + 30_000, () => {
      this.world.note("calm");
      this.world.calm = true;
    });
  }

  /** While one process lives: another may still read from before. */
  #trim(): void {
    if (this.runs.filter(({ alive }) => alive).length > 1) return;
    trimStream(this.world, this.#state.disk.checkpoints());
  }

  /** The process that was started last, if it lives. */
  get #newest(): SimRun | undefined {
    const newest = this.runs.at(-1);
    return newest?.alive === true ? newest : undefined;
  }

  get #nowMs(): number {
    return START_MS + Math.floor(this.world.scheduler.nowMs);
  }

  #finishProducing(): void {
    this.#producer.finish(this.#nowMs);
    this.world.producing = false;
  }

  /** Somebody believes that the process is dead, and starts another. */
  #takeOver(withinMs: number): void {
    const { faults, random } = this.world;
    if (this.#newest === undefined || !faults.takeovers) return;
    this.#plan(random.next() * withinMs, () => this.#start());
  }

  #start(): void {
    const { world } = this;
    const number = this.runs.length;
    if (number >= RUNS_MAX) {
      world.violation(`started ${number} times`);
      return;
    }
    const run = new SimRun({
      world,
      number,
      stateOf: (other) => this.#stateOf(other),
      state: this.#state,
      workers: this.#setting.workers,
      untilEnd: this.#setting.untilEnd,
      onEnd: (end) => this.#ended(run, end),
    });
    this.runs.push(run);
  }

  #stateOf(other: number): OwnerState {
    if (!this.world.faults.sameHost) return "elsewhere";
    return this.runs[other]?.alive === true ? "alive" : "dead";
  }

  /** As whatever watches over processes does, when none is left. */
  #startLater(): void {
    this.#plan(this.world.random.next() * RESTART_MS_MAX, () => {
      if (!this.runs.some(({ alive }) => alive)) this.#start();
    });
  }

  #crashed(): void {
    const { world } = this;
    const { file, deadLetters, disk } = this.#state;
    if (!this.runs.some(({ alive }) => alive)) {
      file.crash();
      deadLetters.crash();
      if (world.goesWrong(world.faults.damaged)) disk.damage();
    }
    this.#startLater();
  }

  #ended(run: SimRun, end: "finished" | "stopped" | "failed"): void {
    if (end === "finished" || (end === "stopped" && run === this.#done)) {
      this.#isOver = true;
      checkEnd(this.world, this.#state, run.last);
      return;
    }
    this.#startLater();
  }

  /** Looks at the runs now and then, as a user's dashboard does. */
  #look(): void {
    const { world } = this;
    this.#plan(200 + world.random.next() * 600, () => {
      for (const run of this.runs) {
        if (!run.alive) continue;
        run.check();
        this.#stopIfDone(run);
      }
      this.#look();
    });
  }

  #stopIfDone(run: SimRun): void {
    if (this.#setting.untilEnd || this.world.producing || !run.isIdle) return;
    const { counts } = referenceOf(this.world.stream, this.world.choice);
    if (run.recordsRead < counts.read) return;
    this.#done = run;
    run.stop();
  }
}

/** Simulates one seed. */
export async function simulate(
  seed: number,
  options: SimulateOptions = {},
): Promise<Simulated> {
  const simulation = new Simulation(seed, options);
  await simulation.go();
  const { violations, trace, scheduler } = simulation.world;
  return {
    violations,
    trace,
    runs: simulation.runs.length,
    events: scheduler.eventCount,
    virtualMs: scheduler.nowMs,
    documents: simulation.documents,
  };
}

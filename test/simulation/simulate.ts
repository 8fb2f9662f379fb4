/**
 * One simulation: a seed's stream, a seed's faults, and the engine in between,
 * started again after each crash until it has come to its end.
 */
import { Random } from "../judge/random.ts";
import { checkEnd } from "./check_end.ts";
import { drawFaults, type Faults, NO_FAULTS } from "./faults.ts";
import { drawHabits, Producer } from "./producer.ts";
import { referenceOf } from "./reference.ts";
import { START_MS } from "./sim_clock.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimRun, type SimRunState } from "./sim_run.ts";
import { SimFile, SimIndex } from "./sim_sinks.ts";
import { SimStream } from "./sim_stream.ts";
import { Trace } from "./trace.ts";
import { World } from "./world.ts";

/** Virtual time in which a simulation must have ended. */
const VIRTUAL_MS_MAX = 30 * 60_000;
const EVENTS_MAX = 100_000;
const RESTART_MS_MAX = 3_000;
const RUNS_MAX = 40;

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
}

function drawSetting(random: Random, options: SimulateOptions): Setting {
  const spanMs = random.whole(2_000, 15_000);
  const faults = drawFaults(random, spanMs * 1.5);
  return {
    workers: random.whole(1, 3),
    untilEnd: random.chance(0.4),
    spanMs,
    faults: options.faultless === true ? NO_FAULTS : faults,
  };
}

class Simulation {
  readonly #setting: Setting;
  readonly world: World;
  readonly #producer: Producer;
  readonly #ticks: number;
  readonly #state: SimRunState;
  #run: SimRun | undefined;
  runs = 0;
  #isOver = false;

  constructor(seed: number, options: SimulateOptions) {
    const random = new Random(seed * 7_919 + 17);
    this.#setting = drawSetting(random, options);
    const stream = new SimStream(random, random.whole(1, 4));
    const habits = drawHabits(random);
    this.#ticks = habits.ticks;
    this.#producer = new Producer(random, stream, habits);
    const { faults } = this.#setting;
    this.world = new World({ random, faults, stream, trace: new Trace() });
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
    const { spanMs, faults, untilEnd } = this.#setting;
    const plan = (atMs: number, run: () => void) =>
      world.scheduler.plan(world.life, atMs, run);
    const tick = () => this.#producer.tick(this.#nowMs);
    if (untilEnd) {
      for (let i = 0; i < this.#ticks; i++) tick();
      this.#finishProducing();
    } else {
      for (let i = 0; i < this.#ticks; i++)
        plan(world.random.next() * spanMs, tick);
      plan(spanMs, () => this.#finishProducing());
    }
    for (const atMs of faults.workerDeathsMs)
      plan(atMs, () => this.#run?.killWorker());
    for (const atMs of faults.stopsMs) plan(atMs, () => this.#run?.stop());
    plan(spanMs * 3 + 30_000, () => {
      world.note("calm");
      world.calm = true;
    });
    world.onCrash(() => this.#crashed());
    this.#start();
    this.#look();
    const outcome = await world.scheduler.loop(
      () => this.#isOver || world.violations.length > 0,
      { untilMs: VIRTUAL_MS_MAX, eventsMax: EVENTS_MAX },
    );
    if (outcome !== "done") world.violation(`does not end: ${outcome}`);
    world.process.end();
  }

  get #nowMs(): number {
    return START_MS + Math.floor(this.world.scheduler.nowMs);
  }

  #finishProducing(): void {
    this.#producer.finish(this.#nowMs);
    this.world.producing = false;
  }

  #start(): void {
    if (++this.runs > RUNS_MAX) {
      this.world.violation(`started ${this.runs} times`);
      return;
    }
    this.#run = new SimRun({
      world: this.world,
      state: this.#state,
      workers: this.#setting.workers,
      untilEnd: this.#setting.untilEnd,
      onEnd: (end) => this.#ended(end),
    });
  }

  #startLater(): void {
    const { world } = this;
    world.scheduler.plan(world.life, world.random.next() * RESTART_MS_MAX, () =>
      this.#start(),
    );
  }

  #crashed(): void {
    const { world } = this;
    const { file, deadLetters, disk } = this.#state;
    file.crash();
    deadLetters.crash();
    if (world.goesWrong(world.faults.damaged)) disk.damage();
    this.#run = undefined;
    this.#startLater();
  }

  #ended(end: "finished" | "stopped" | "failed"): void {
    const { world } = this;
    world.process.end();
    if (end === "finished" || (end === "stopped" && this.#isDone)) {
      this.#isOver = true;
      checkEnd(world, this.#state, this.#run?.last);
      return;
    }
    this.#run = undefined;
    this.#startLater();
  }

  #isDone = false;

  /** Looks at the run now and then, as a user's dashboard does. */
  #look(): void {
    const { world } = this;
    world.scheduler.plan(world.life, 200 + world.random.next() * 600, () => {
      this.#run?.check();
      if (!this.#setting.untilEnd && !world.producing && this.#run?.isIdle) {
        const reference = referenceOf(world.stream);
        if (this.#run.recordsRead >= reference.counts.read) {
          this.#isDone = true;
          this.#run.stop();
        }
      }
      this.#look();
    });
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
    runs: simulation.runs,
    events: scheduler.eventCount,
    virtualMs: scheduler.nowMs,
    documents: simulation.documents,
  };
}

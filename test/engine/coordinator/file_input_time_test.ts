/**
 * Goal: with bounded watermarks, corrections and dedupe a file gives the same
 * for any number of workers, and when a run is stopped and goes on. Method:
 * real tally code on the main thread, stopped after each block.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { MergerState } from "../../../engine/checkpoint/checkpoint.ts";
import { systemClock } from "../../../engine/clock.ts";
import { FileInput } from "../../../engine/coordinator/file_input.ts";
import { Merger } from "../../../engine/coordinator/merger.ts";
import type { WorkerGroup } from "../../../engine/coordinator/worker_group.ts";
import { type JobPlan, planJob } from "../../../engine/job/plan.ts";
import type { BlockMessage, WorkerStart } from "../../../engine/messages.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import {
  accountedFor,
  type CountsStatus,
} from "../../../engine/status/status.ts";
import { BlockTallier } from "../../../workers/file/block_tallier.ts";
import { MemoryDeadLetters, MemorySink, SPEC } from "../../helpers/taxi.ts";

const START_MS = Date.UTC(2016, 0, 1);
const COUNT = 3_000;

function trip(i: number): string {
  // Every ninth is behind: late, or a correction.
  const dropoffMs = START_MS + i * 4_000 - (i % 9 === 0 ? i * 700 : 0);
  return JSON.stringify({
    type: "trip",
    trip_id: `trip ${i}`,
    pickup_lat: 40.7 + (i % 3) * 0.01,
    pickup_lon: -73.99,
    dropoff_lat: 40.75,
    dropoff_lon: -73.98,
    pickup_datetime: new Date(dropoffMs - 60_000).toISOString(),
    dropoff_datetime: new Date(dropoffMs).toISOString(),
    padding: "x".repeat(5_000),
  });
}

/** Copies after 400 trips are known, those after 1,200 are not any more. */
const LINES = Array.from({ length: COUNT }, (_, i) => [
  trip(i),
  ...(i % 5 === 0 && i >= 400 ? [trip(i - 400)] : []),
  ...(i % 7 === 0 && i >= 1_200 ? [trip(i - 1_200)] : []),
]).flat();

const TIME = {
  watermark: {
    ...SPEC.watermark,
    strategy: "bounded",
    boundMs: 60_000,
  },
  allowedLatenessMs: 1_800_000,
} as const;
const BOUNDED = planJob({ ...SPEC, ...TIME });
const DEDUPED = planJob({
  ...SPEC,
  ...TIME,
  dedupe: { field: "trip_id", withinMs: 1, idsMax: 700 },
});

/** Longer than reading a block, so that several are under way if they may. */
const ANSWER_MS = 30;

interface RunOptions {
  readonly path: string;
  readonly plan: JobPlan;
  readonly workers: number;
  /** Stops, and goes on, after so many blocks each time. */
  readonly stopAfter?: number;
}

/** Where a run has come to. */
interface State {
  readonly end: "ended" | "stopped";
  readonly merger: MergerState;
  readonly position: ReturnType<FileInput["position"]>;
  readonly windows: readonly FiredWindow[];
  readonly counts: CountsStatus;
  readonly figures: object & { readonly documentsCorrected: number };
}

/** One run, stopped or not; `from` is what `state` was. */
async function runOnce(options: RunOptions, from?: State): Promise<State> {
  const { path, plan, workers: count, stopAfter = Infinity } = options;
  const sink = new MemorySink();
  const start = { plan, epoch: 1, watermarkAheadMaxMs: 3e12, late: "drop" };
  const tallier = new BlockTallier(start as WorkerStart);
  let answered = 0;
  let input: FileInput | undefined;
  const workers: WorkerGroup = {
    ready: Array.from({ length: count }, (_, worker) => worker),
    leaving: [],
    post(worker, message) {
      const flush = tallier.tally(message as BlockMessage, 0);
      setTimeout(() => {
        input?.handle(worker, flush);
        if (++answered >= stopAfter) input?.stop();
      }, ANSWER_MS);
    },
    stopAll() {},
    left() {},
    replace() {},
  };
  const merger = new Merger({
    plan,
    clock: systemClock,
    sinks: [sink],
    deadLetters: new MemoryDeadLetters(),
    onRoom: () => input?.onRoom(),
    onError: (error) => {
      throw error;
    },
    onFireDelay: () => {},
  });
  input = new FileInput({
    paths: [path],
    workers,
    merger,
    clock: systemClock,
    // Another start each time: it stands for the lines' arrival.
    startedAtMs: Date.UTC(2026, 0, 1) + (from?.windows.length ?? 0) * 1e6,
    position: from?.position,
  });
  if (from !== undefined) merger.restore(from.merger);
  const end = await input.run();
  if (end === "ended") merger.fireAll();
  await merger.drained();
  const reading = input;
  const { taken } = await merger.snapshot((state) => ({
    merger: structuredClone(state),
    position: structuredClone(reading.position()),
  }));
  const windows = [...(from?.windows ?? []), ...sink.windows];
  const { documentsFired, windowsFired, documentsCorrected } = merger.status();
  const figures = { documentsFired, windowsFired, documentsCorrected };
  const counts = merger.counts.status();
  t.equal(accountedFor(counts), counts.read);
  return { end, ...taken, windows, counts, figures };
}

async function runAll(options: RunOptions): Promise<State> {
  let state = await runOnce(options);
  while (state.end === "stopped") state = await runOnce(options, state);
  return state;
}

for (const [name, plan] of [
  ["bounded", BOUNDED],
  ["dedupe", DEDUPED],
] as const) {
  t.test(`FileInput, ${name}: workers and stops change nothing`, async (t) => {
    const path = join(t.testdir(), "trips.jsonl");
    writeFileSync(path, LINES.join("\n"));
    const whole = await runAll({ path, plan, workers: 1 });
    t.equal(whole.counts.read, LINES.length);
    t.ok(whole.counts.late > 0, `${whole.counts.late} late`);
    t.ok(whole.figures.documentsCorrected > 0, "some are corrected");
    const { duplicate = 0 } = whole.counts.filtered;
    t.equal(duplicate > 0, plan === DEDUPED, `${duplicate} duplicates`);
    for (const other of [
      { path, plan, workers: 3 },
      { path, plan, workers: 1, stopAfter: 1 },
      { path, plan, workers: 2, stopAfter: 1 },
    ]) {
      const got = await runAll(other);
      t.strictSame(got.windows, whole.windows);
      t.strictSame(got.counts, whole.counts);
      t.strictSame(got.figures, whole.figures);
    }
  });
}

/**
 * The seam between a run and Flink: for any streams and any moment to stop at,
 * what the run wrote and what Flink writes is together the whole, and nothing
 * is in both.
 */
import fc from "fast-check";
import t from "tap";
import type { Checkpoint } from "../../../engine/checkpoint/checkpoint.ts";
import { ARRIVAL_SLACK_MS, seamOf } from "../../../engine/flink/seam.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { flushed, WINDOW_MS } from "../../helpers/taxi.ts";
import {
  flinkDocuments,
  type ModelRecord,
  ModelRun,
  SHARDS,
  wholeDocuments,
} from "./seam_model.ts";

const START_MS = 1_700_000_000_000;
const JOB = {
  jobHash: sampleCheckpoint(1).jobHash,
  allowedLatenessMs: 0,
  hasDedupe: false,
};

interface Step {
  readonly shard: number;
  readonly gapMs: number;
  readonly key: number;
  readonly aheadMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  shard: fc.nat(SHARDS.length - 1),
  gapMs: fc.nat(400_000),
  // Below 0: a watermark.
  key: fc.integer({ min: -2, max: 1 }),
  aheadMs: fc.integer({ min: 1, max: WINDOW_MS }),
});

/** No event is at or before the watermark of its own shard. */
function streamsOf(steps: readonly Step[]): ModelRecord[][] {
  const streams: ModelRecord[][] = SHARDS.map(() => []);
  const watermarks = SHARDS.map(() => START_MS);
  let arrivalMs = START_MS;
  for (const { shard, gapMs, key, aheadMs } of steps) {
    arrivalMs += gapMs;
    const timeMs = watermarks[shard]! + aheadMs;
    if (key < 0) watermarks[shard] = timeMs;
    streams[shard]!.push({ arrivalMs, timeMs, key });
  }
  return streams;
}

t.test("nothing is lost or doubled at the seam", async (t) => {
  let reread = 0;
  let partial = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 150 }),
      fc.array(
        fc.record({
          counts: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
          restarts: fc.boolean(),
        }),
        { minLength: 3, maxLength: 20 },
      ),
      fc.infiniteStream(fc.nat(1_000)),
      (steps, flushes, picks) => {
        const streams = streamsOf(steps);
        const run = new ModelRun(START_MS);
        for (const { counts, restarts } of flushes) {
          run.flush(streams, counts);
          if (restarts) run.restart();
        }
        const seam = seamOf(run.checkpoint(), JOB);
        const pick = (choices: number) =>
          (picks.next().value as number) % Math.max(1, choices);
        const after = flinkDocuments(streams, seam, pick);
        for (const id of run.documents.keys()) {
          if (after.has(id)) return false;
        }
        if (seam.windowsOpen > 0) reread++;
        if ((seam.startArrivalMs ?? 0) > START_MS) partial++;
        const all = new Map([...run.documents, ...after]);
        const whole = wholeDocuments(streams);
        return (
          all.size === whole.size &&
          [...whole].every(([id, count]) => all.get(id) === count)
        );
      },
    ),
    { numRuns: 500 },
  );
  t.ok(reread > 50, "some savepoints have open windows");
  t.ok(partial > 50, "some streams are not read from their beginning");
});

/** A checkpoint of a stream with two shards, and an open window. */
function checkpoint(
  change: Partial<Checkpoint["merger"]> = {},
  shards: readonly object[] = [],
): Checkpoint {
  const run = new ModelRun(START_MS);
  const given = run.checkpoint();
  if (given.input.type !== "kinesis") throw new TypeError("it has shards");
  return {
    ...given,
    input: {
      ...given.input,
      shards: given.input.shards.map((shard, i) => ({
        ...shard,
        readToMs: START_MS + 60_000,
        ...shards[i],
      })),
    },
    merger: {
      ...given.merger,
      watermarkMs: START_MS,
      windows: flushed([[1, START_MS, 9, 4]]),
      windowArrivals: [
        { queryIndex: 1, windowStartMs: START_MS, arrivedFromMs: START_MS },
      ],
      ...change,
    },
  };
}

t.test("the least arrival decides, with slack for clocks", async (t) => {
  t.equal(
    seamOf(checkpoint(), JOB).startArrivalMs,
    START_MS - ARRIVAL_SLACK_MS,
  );
  const behind = seamOf(checkpoint({}, [{ readToMs: START_MS - 9 }]), JOB);
  t.equal(behind.startArrivalMs, START_MS - 9 - ARRIVAL_SLACK_MS);
});

t.test("what is unknown makes it read everything", async (t) => {
  t.equal(
    seamOf(checkpoint({ windowArrivals: [] }), JOB).startArrivalMs,
    null,
    "a window of an older checkpoint",
  );
  const unread = checkpoint({}, [{ readToMs: Number.NaN }]);
  t.equal(seamOf(unread, JOB).startArrivalMs, null, "a shard not read yet");
});

t.test("the first window is the one after those that have fired", async (t) => {
  const ends = (change: Partial<Checkpoint["merger"]>) =>
    seamOf(checkpoint(change), JOB).firstWindowEndMs;
  const boundaryMs = 1_700_000_400_000;
  t.equal(boundaryMs % WINDOW_MS, 0);
  t.same(ends({ watermarkMs: boundaryMs - 1 }), [
    boundaryMs + WINDOW_MS,
    boundaryMs + WINDOW_MS,
  ]);
  t.same(ends({ watermarkMs: boundaryMs - 2 }), [boundaryMs, boundaryMs]);
  t.same(ends({ watermarkMs: Number.NEGATIVE_INFINITY }), [null, null]);
  const begun = (wholeFromMs: number) =>
    seamOf(
      checkpoint({
        watermarkMs: boundaryMs - 1,
        wholeFromMs: [Number.NEGATIVE_INFINITY, wholeFromMs],
      }),
      JOB,
    ).refusals;
  t.same(begun(boundaryMs), [], "a query that is new begins whole");
  t.match(begun(boundaryMs + 1), [/"trip_duration" came with a changed job/]);
});

t.test("an unfinished split is refused", async (t) => {
  const refusals = (...shards: object[]) =>
    seamOf(checkpoint({}, shards), JOB).refusals;
  t.same(refusals(), []);
  t.match(refusals({ state: "ended" })[0], /shard a is in the middle/);
  t.match(refusals({}, { state: "waiting" })[0], /shard b is in the middle/);
  t.match(
    refusals({ state: "retired", readToMs: START_MS }),
    [/may have events of shard a/],
    "open windows reach back to the parent",
  );
  t.same(
    refusals({ state: "retired", readToMs: START_MS - 1 }),
    [],
    "they don't any more",
  );
});

t.test("what can't go over is refused or said", async (t) => {
  const pending = flushed([[0, 0, 7, 2]]);
  const sinks = [{ name: "taxi", lengthBytes: 0, refused: 0, pending }];
  const refused = (given: Checkpoint, job = JOB) => seamOf(given, job).refusals;
  t.match(refused(checkpoint({ sinks })), [/still wait for taxi/]);
  t.match(refused({ ...checkpoint(), finished: true }), [/has ended/]);
  t.match(refused(checkpoint(), { ...JOB, jobHash: "x" }), [/another job/]);
  t.match(refused(checkpoint(), { ...JOB, hasDedupe: true }), [/duplicates/]);
  const { warnings } = seamOf(
    checkpoint({ counts: { ...checkpoint().merger.counts, late: 3 } }, [
      { idle: true },
    ]),
    { ...JOB, allowedLatenessMs: 1 },
  );
  t.match(warnings, [/not corrected/, /3 records were late/, /idle/]);
});

t.test("files are read from their beginning", async (t) => {
  const seam = seamOf(sampleCheckpoint(1), JOB);
  t.equal(seam.startArrivalMs, null);
  t.equal(seam.windowsOpen, 1);
});

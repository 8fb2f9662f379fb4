import t from "tap";
import { adaptCheckpoint } from "../../../engine/checkpoint/adapt_checkpoint.ts";
import type { Checkpoint } from "../../../engine/checkpoint/checkpoint.ts";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import { planJob } from "../../../engine/job/plan.ts";
import { queryHashes } from "../../../engine/job/query_hashes.ts";
import type { JobSpec } from "../../../engine/job/spec.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { flushed, PLAN, SPEC, WINDOW_MS } from "../../helpers/taxi.ts";

/** A checkpoint of the taxi job with a window of each query open. */
function taxiCheckpoint(): Checkpoint {
  const sample = sampleCheckpoint(1);
  return {
    ...sample,
    jobHash: PLAN.hash,
    queries: queryHashes(SPEC).map((query) => ({
      ...query,
      windowMs: WINDOW_MS,
    })),
    merger: {
      ...sample.merger,
      windows: flushed([
        [0, 0, 7, 4],
        [1, WINDOW_MS, 9, 5],
      ]),
    },
  };
}

/** The taxi job with its second query first, and a changed first one. */
function changed(): JobSpec {
  const [first, second] = SPEC.queries;
  return { ...SPEC, queries: [second!, { ...first!, leastCount: 3 }] };
}

function adapt(checkpoint: Checkpoint, spec: JobSpec) {
  const plan = planJob(spec);
  return {
    plan,
    ...adaptCheckpoint(checkpoint, { plan, queries: queryHashes(spec) }),
  };
}

t.test(
  "unchanged queries keep their windows, others start whole",
  async (t) => {
    const { plan, checkpoint, ...names } = adapt(taxiCheckpoint(), changed());
    t.strictSame(names, {
      kept: ["trip_duration"],
      begun: ["pickup_count"],
      dropped: ["pickup_count"],
    });
    t.equal(checkpoint.jobHash, plan.hash);
    t.match(checkpoint.merger.windows.sections, [
      { queryIndex: 0, windowStartMs: WINDOW_MS, rowCount: 1 },
    ]);
    const { wholeFromMs, windows, watermarkMs } = checkpoint.merger;
    t.strictSame(wholeFromMs, [Number.NEGATIVE_INFINITY, 2 * WINDOW_MS]);

    const store = new WindowStore(plan);
    store.restore(windows, watermarkMs, wholeFromMs);
    t.equal(store.keyCount, 1);
    // Of the changed query only what begins behind all that has been read.
    const [old, next] = [WINDOW_MS, 2 * WINDOW_MS].map((windowStartMs) => {
      const { sections, buffer } = flushed([[0, windowStartMs, 5, 6]]);
      const moved = sections.map((one) => ({ ...one, queryIndex: 1 }));
      return { sections: moved, buffer };
    });
    store.merge(old!);
    t.equal(store.keyCount, 1);
    store.merge(next!);
    t.equal(store.keyCount, 2);
    t.strictSame(store.wholeFromMs, wholeFromMs);
  },
);

t.test("counts of filters that are gone still add up", async (t) => {
  const spec = changed();
  const [kind, event] = Object.entries(SPEC.events)[0]!;
  const bare = { ...spec, events: { [kind]: { ...event, filters: [] } } };
  const before = taxiCheckpoint();
  const filtered = before.filterReasons.map((_, i) => i + 1);
  const counts = { ...before.merger.counts, filtered };
  const { checkpoint } = adapt(
    { ...before, merger: { ...before.merger, counts } },
    bare,
  );
  const sum = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0);
  t.ok(checkpoint.filterReasons.length < filtered.length);
  t.equal(sum(checkpoint.merger.counts.filtered), sum(filtered));
});

t.test("documents that wait are not dropped with their query", async (t) => {
  const before = taxiCheckpoint();
  const pending = flushed([[0, 0, 7, 4]]);
  const sinks = [{ name: "memory", lengthBytes: 0, refused: 3, pending }];
  t.throws(
    () => adapt({ ...before, merger: { ...before.merger, sinks } }, changed()),
    { code: "FD_STORE", message: /"pickup_count" still wait for memory/ },
  );
  const kept = [{ ...sinks[0]!, pending: flushed([[1, 0, 7, 4]]) }];
  const { checkpoint } = adapt(
    { ...before, merger: { ...before.merger, sinks: kept } },
    changed(),
  );
  t.match(checkpoint.merger.sinks, [
    { refused: 3, pending: { sections: [{ queryIndex: 0 }] } },
  ]);
});

/**
 * Goal: a bulk item says what the NDJSON line of the same row says, whatever
 * the job, and bodies cut at any length hold every row once, in order.
 */
import fc from "fast-check";
import t from "tap";
import { planJob } from "../../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../../engine/job/spec.ts";
import {
  halves,
  itemBytes,
  itemCount,
  pickItems,
} from "../../../../engine/sink/opensearch/bulk_batch.ts";
import { BulkRenderer } from "../../../../engine/sink/opensearch/bulk_renderer.ts";
import {
  countFieldOf,
  planIndices,
} from "../../../../engine/sink/opensearch/index_plan.ts";
import { BULK_SHARE_BYTES_MIN } from "../../../../engine/sink/opensearch/limits.ts";
import type { FiredWindow } from "../../../../engine/sink/sink.ts";
import { anyPlan, anyWindow, expectedLines, fired } from "../windows.ts";

t.test("items are NDJSON lines in another form", (t) => {
  fc.assert(
    fc.property(
      anyPlan.chain((plan) =>
        fc.tuple(
          fc.constant(plan),
          fc.array(anyWindow(plan), { minLength: 1, maxLength: 4 }),
        ),
      ),
      fc.constantFrom("ids", "versions", "none"),
      fc.constantFrom("none", "day", "year"),
      ([base, specs], ids, indexTime) => {
        const allowedLatenessMs = ids === "versions" ? 1 : 0;
        const plan = { ...base, allowedLatenessMs };
        const indexPlan = planIndices(plan, {
          indexPrefix: "p",
          indexTime: indexTime as "none",
          emitsEarly: false,
          hasIds: ids !== "none",
        });
        const renderer = new BulkRenderer(plan, indexPlan);
        const windows = specs.map((spec) => fired(plan, spec));
        renderer.begin(windows.map((window) => ({ window, rows: "all" })));
        const items: Buffer[] = [];
        for (;;) {
          const batch = renderer.next(1, 1);
          if (batch === undefined) break;
          for (let i = 0; i < itemCount(batch); i++) {
            items.push(itemBytes(batch, i));
          }
        }
        const found = items.map((item) => {
          const [action = "", source = "", end] = item.toString().split("\n");
          t.equal(end, "");
          const { index } = JSON.parse(action);
          const document = JSON.parse(source);
          return { index, document };
        });
        let at = 0;
        for (const [w, spec] of specs.entries()) {
          const window = windows[w]!;
          const lines = expectedLines(plan, spec).map((l) => JSON.parse(l));
          const rows = found.slice(at, at + window.rowCount);
          at += window.rowCount;
          const counts = window.counts;
          for (const [i, { index, document }] of rows.entries()) {
            const { [countFieldOf(window.query)]: count } = document;
            t.equal(count, counts[i]);
            if (countFieldOf(window.query) === "event_count") {
              delete document["event_count"];
            }
            t.equal(
              index._index,
              indexPlan.indexOf(window.query, window.timestampMs),
            );
            t.equal(index.version, ids === "versions" ? counts[i] : undefined);
            const line = lines.find(
              ({ _id, query: _q, ...rest }) =>
                (ids === "none" || _id === index._id) &&
                JSON.stringify(rest) === JSON.stringify(document),
            );
            t.ok(line, JSON.stringify(document));
          }
          t.equal(rows.length, lines.length);
        }
        t.equal(at, found.length);
      },
    ),
    { numRuns: 60 },
  );
  t.end();
});

t.test("bodies in flight together are of one length", (t) => {
  const plan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));
  const indexPlan = planIndices(plan, {
    ...{ indexPrefix: "p", indexTime: "none", emitsEarly: false, hasIds: true },
  });
  const [query] = plan.queries;
  if (query === undefined) throw new RangeError("no query");
  const window = (rowCount: number): FiredWindow => ({
    ...{ query, rowCount, windowStartMs: 0, timestampMs: 599_999 },
    word0: Uint32Array.from({ length: rowCount }, (_, row) => row * 769),
    word1: new Uint32Array(rowCount),
    counts: new Float64Array(rowCount).fill(2),
    accumulators: [],
  });
  const renderer = new BulkRenderer(plan, indexPlan);
  const countsOf = (rows: number, bytes: number, requests: number) => {
    renderer.begin([{ window: window(rows), rows: "all" }]);
    const counts: number[] = [];
    for (;;) {
      const batch = renderer.next(bytes, requests);
      if (batch === undefined) return counts;
      t.ok(batch.bytes.length <= Math.max(bytes, 16 * 1024));
      counts.push(itemCount(batch));
    }
  };
  // Learns how long an item is.
  countsOf(10_000, 1 << 20, 1);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1 << 16, max: 4 << 20 }),
      fc.integer({ min: 1, max: 8 }),
      (rows, bytes, requests) => {
        const counts = countsOf(rows, bytes, requests);
        const [first = 0] = counts;
        t.equal(
          counts.reduce((sum, one) => sum + one, 0),
          rows,
        );
        const itemBytes = 160;
        if (first * itemBytes > BULK_SHARE_BYTES_MIN * 1.5) {
          t.equal(counts.length % requests, 0, `${counts}`);
          t.ok(first - (counts.at(-1) ?? 0) <= counts.length, `${counts}`);
        } else if (bytes > BULK_SHARE_BYTES_MIN * 4) {
          t.ok(counts.length <= requests, "short ones are not cut further");
        }
      },
    ),
    { numRuns: 100 },
  );
  t.end();
});

t.test("halves() and pickItems() keep every item's bytes", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 20 }),
      (texts) => {
        const parts = texts.map((text) => Buffer.from(text));
        const starts = new Uint32Array(parts.length + 1);
        for (const [i, { length }] of parts.entries()) {
          starts[i + 1] = starts[i]! + length;
        }
        const batch = { bytes: Buffer.concat(parts), starts, indices: ["x"] };
        const all = (one: typeof batch) =>
          Array.from({ length: itemCount(one) }, (_, i) =>
            itemBytes(one, i).toString(),
          );
        const [left, right] = halves(batch) as [typeof batch, typeof batch];
        t.strictSame([...all(left), ...all(right)], texts);
        const odd = [...texts.keys()].filter((i) => i % 2 === 1);
        t.strictSame(
          all(pickItems(batch, odd) as typeof batch),
          odd.map((i) => texts[i]),
        );
        t.equal(
          pickItems(batch, odd).bytes.length,
          odd.reduce((sum, i) => sum + parts[i]!.length, 0),
        );
      },
    ),
  );
  t.end();
});

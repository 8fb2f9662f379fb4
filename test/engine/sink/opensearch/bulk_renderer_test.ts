/**
 * Goal: a bulk item says what the NDJSON line of the same row says, whatever
 * the job, and bodies cut at any length hold every row once, in order.
 */
import fc from "fast-check";
import t from "tap";
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
          const batch = renderer.next(1);
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

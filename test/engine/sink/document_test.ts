/**
 * Goal: a row's document says what its columns hold, whatever the job, and the
 * fast writer gives the same bytes as `JSON.stringify` of the plain form.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { documentId, documentOf } from "../../../engine/sink/document.ts";
import { RENDER_BUFFER_BYTES } from "../../../engine/sink/limits.ts";
import { LineRenderer } from "../../../engine/sink/line_renderer.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import {
  anyPlan,
  anyWindow,
  expectedLines,
  fired,
  TAXI,
  type WindowSpec,
} from "./windows.ts";

const PICKUPS: WindowSpec = {
  queryIndex: 0,
  windowStartMs: 1451606400000,
  rows: [{ key: ["dr5ru7"], count: 17, accumulators: [] }],
};
const TRIPS: WindowSpec = {
  queryIndex: 1,
  windowStartMs: 1451606400000,
  rows: [{ key: ["dr5ru7", "JFK"], count: 3, accumulators: [100] }],
};

async function rendered(
  plan: typeof TAXI,
  windows: readonly FiredWindow[],
): Promise<{ text: string; documents: number; chunkBytes: number[] }> {
  let text = "";
  const chunkBytes: number[] = [];
  const documents = await new LineRenderer(plan).render(windows, (chunk) => {
    text += Buffer.from(chunk).toString();
    chunkBytes.push(chunk.length);
    return Promise.resolve();
  });
  return { text, documents, chunkBytes };
}

t.test(
  "LineRenderer writes the taxi job's documents as the design has them",
  async (t) => {
    const { text } = await rendered(TAXI, [
      fired(TAXI, PICKUPS),
      fired(TAXI, TRIPS),
    ]);
    t.equal(
      text,
      '{"_id":"pickup_count|1451606999999|dr5ru7","query":"pickup_count","timestamp":1451606999999,"location":"dr5ru7","pickup_count":17}\n' +
        '{"_id":"trip_duration|1451606999999|dr5ru7|JFK","query":"trip_duration","timestamp":1451606999999,"location":"dr5ru7","airport_code":"JFK","sum_trip_duration":100,"avg_trip_duration":33.333333333333336}\n',
    );
  },
);

t.test("documentId() is query, timestamp and key", (t) => {
  t.equal(
    documentId(fired(TAXI, TRIPS), 0),
    "trip_duration|1451606999999|dr5ru7|JFK",
  );
  t.end();
});

t.test(
  "documentOf() and LineRenderer equal JSON.stringify for any job",
  async (t) => {
    const jobs = anyPlan.chain((plan) =>
      fc.tuple(fc.constant(plan), fc.array(anyWindow(plan), { maxLength: 5 })),
    );
    await t.resolves(
      fc.assert(
        fc.asyncProperty(jobs, async ([plan, specs]) => {
          const windows = specs.map((spec) => fired(plan, spec));
          const { text, documents } = await rendered(plan, windows);
          const plain = windows.flatMap((window) =>
            Array.from(
              { length: window.rowCount },
              (_, row) => `${JSON.stringify(documentOf(window, row))}\n`,
            ),
          );
          assert.equal(text, plain.join(""));
          assert.equal(documents, plain.length);
          assert.deepEqual(
            text.split("\n").slice(0, -1).sort(),
            specs.flatMap((spec) => expectedLines(plan, spec)).sort(),
          );
        }),
        { numRuns: 200 },
      ),
    );
  },
);

t.test("LineRenderer prints every number as JSON.stringify does", async (t) => {
  const numbers = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(-0, 0, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 1e21, 5e-324),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 9.999999999999999e20),
  );
  await t.resolves(
    fc.assert(
      fc.asyncProperty(numbers, async (number) => {
        const row = { ...TRIPS.rows[0]!, count: 1, accumulators: [number] };
        const window = fired(TAXI, { ...TRIPS, rows: [row] });
        const { text } = await rendered(TAXI, [window]);
        const shown = JSON.stringify(number);
        assert.equal(
          text.slice(text.indexOf(',"sum')),
          `,"sum_trip_duration":${shown},"avg_trip_duration":${shown}}\n`,
        );
      }),
      { numRuns: 1_000 },
    ),
  );
});

t.test(
  "LineRenderer hands over whole lines in chunks of bounded size",
  async (t) => {
    const rows = Array.from({ length: 9_000 }, (_, i) => ({
      key: [
        `dr${(i + 32 ** 3)
          .toString(32)
          .padStart(4, "0")
          .replaceAll(/[ailo]/g, "z")}`,
      ],
      count: i,
      accumulators: [],
    }));
    const window = fired(TAXI, { ...PICKUPS, rows });
    const { text, documents, chunkBytes } = await rendered(TAXI, [
      window,
      window,
    ]);
    t.equal(documents, 18_000);
    t.equal(text.split("\n").length - 1, 18_000);
    t.ok(chunkBytes.length > 8);
    t.ok(chunkBytes.every((bytes) => bytes <= RENDER_BUFFER_BYTES));
    t.equal(
      text.slice(0, text.length / 2),
      rows.map((_, i) => `${JSON.stringify(documentOf(window, i))}\n`).join(""),
    );
  },
);

t.test(
  "LineRenderer refuses a window of a query that the job lacks",
  async (t) => {
    const window = fired(TAXI, PICKUPS);
    const query = { ...window.query, index: 7 };
    await t.rejects(rendered(TAXI, [{ ...window, query }]), RangeError);
  },
);

t.test("documentOf() refuses a key that names no zone", (t) => {
  const window = fired(TAXI, {
    ...TRIPS,
    rows: [{ ...TRIPS.rows[0]!, key: ["dr5ru7", "LGA"] }],
  });
  const [geohash, zone] = window.query.key;
  if (geohash === undefined || zone?.type !== "zone") throw new Error("key");
  const key = [geohash, { ...zone, zones: ["JFK"] }];
  const broken = { ...window, query: { ...window.query, key } };
  t.throws(() => documentOf(broken, 0), RangeError);
  t.end();
});

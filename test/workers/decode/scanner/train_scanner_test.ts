/**
 * Goal: training a scanner changes nothing but how soon it is fast.
 * Method: columns full of marks, a trained scanner and an untrained one.
 */
import t from "tap";
import { planJob } from "../../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../../engine/job/spec.ts";
import { BATCH_ROWS_MAX } from "../../../../workers/decode/event_columns.ts";
import { REACH_BYTES_MAX } from "../../../../workers/decode/scanner/layout.ts";
import { LayoutLearner } from "../../../../workers/decode/scanner/layout_learner.ts";
import {
  compileScanner,
  makeFunction,
} from "../../../../workers/decode/scanner/scanner_kernel.ts";
import { trainScanner } from "../../../../workers/decode/scanner/train_scanner.ts";

const PLAN = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));
const TRIP = {
  vendor_id: 2,
  pickup_lat: 40.75,
  pickup_lon: -73.99,
  tip_amount: 0,
  flag: "N",
  extra: { nested: [1, "}"] },
  dropoff_lat: 40.646712,
  dropoff_lon: -73.789801,
  pickup_datetime: "2016-01-01T00:05:00.000Z",
  dropoff_datetime: "2016-01-01T00:17:30.000Z",
  type: "trip",
};

function columnsWithMarks(): Float64Array[] {
  const slots = PLAN.events[0]?.fields.map(({ slot }) => slot) ?? [];
  return Array.from({ length: Math.max(...slots) + 1 }, (_, slot) =>
    new Float64Array(BATCH_ROWS_MAX).fill(-1_000 - slot),
  );
}

t.test("trainScanner() leaves every row as it was", async (t) => {
  const text = Buffer.from(JSON.stringify(TRIP));
  const bytes = Buffer.concat([text, Buffer.alloc(REACH_BYTES_MAX)]);
  const layout = new LayoutLearner(PLAN).learn(bytes, 0, text.length);
  if (layout === undefined) throw new Error("a trip has a layout");
  const place = { layout, bytes, start: 0, end: text.length };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const row of [0, 7, BATCH_ROWS_MAX - 1]) {
    const columns = columnsWithMarks();
    const scan = compileScanner(layout, columns, makeFunction);
    trainScanner(scan, { ...place, columns, row });
    t.same(columns, columnsWithMarks());
    t.ok(scan(bytes, view, 0, text.length, row));
    const untrained = columnsWithMarks();
    const plain = compileScanner(layout, untrained, makeFunction);
    t.ok(plain(bytes, view, 0, text.length, row));
    t.same(columns, untrained);
    t.notSame(columns, columnsWithMarks());
  }
});

import fc from "fast-check";
import t from "tap";
import { JsonDecoder } from "../../../../workers/decode/json_decoder.ts";
import { reachBytes } from "../../../../workers/decode/scanner/layout.ts";
import { LayoutLearner } from "../../../../workers/decode/scanner/layout_learner.ts";
import {
  canMakeFunctions,
  compileScanner,
  makeFunction,
} from "../../../../workers/decode/scanner/scanner_kernel.ts";
import { scannerSource } from "../../../../workers/decode/scanner/scanner_source.ts";
import { byScale } from "../../../judge/scale.ts";
import { arbitraryRecords, damaged } from "../arbitrary_record.ts";
import { ODD, TAXI } from "../test_plans.ts";

const TRIP =
  '{"vendor_id":2,"pickup_datetime":"2015-12-31T23:52:07.000Z","dropoff_datetime":"2016-01-01T00:00:01.000Z","pickup_lon":-73.971522,"pickup_lat":40.803229,"flag":"N","dropoff_lon":-73.960955,"dropoff_lat":40.77861,"ok":true,"type":"trip"}';

for (const [name, plan] of Object.entries({ taxi: TAXI, odd: ODD })) {
  t.test(
    `a scanner takes only what JsonDecoder decodes alike, ${name}`,
    async (t) => {
      let taken = 0;
      let tried = 0;
      const alike = arbitraryRecords(plan);
      const changed = fc
        .tuple(alike, damaged(alike.map(([one = Buffer.alloc(0)]) => one)))
        .map(([[first = Buffer.alloc(0)], other]) => [first, other]);
      const learner = new LayoutLearner(plan);
      const judge = new JsonDecoder(plan);
      fc.assert(
        fc.property(
          fc.oneof({ weight: 3, arbitrary: alike }, changed),
          fc.constantFrom("\n", '"', "0", "}"),
          (records, behind) => {
            const [first = Buffer.alloc(0)] = records;
            const layout = learner.learn(first, 0, first.length);
            if (layout === undefined) return;
            const columns = Array.from(
              { length: 6 },
              () => new Float64Array(1),
            );
            const scan = compileScanner(layout, columns, makeFunction);
            for (const record of records) {
              const more = Buffer.alloc(reachBytes(layout), behind);
              const bytes = Buffer.concat([record, more]);
              const view = new DataView(
                bytes.buffer,
                bytes.byteOffset,
                bytes.length,
              );
              tried++;
              if (!scan(bytes, view, 0, record.length, 0)) continue;
              taken++;
              const outcome = judge.decode(bytes, 0, record.length);
              const expected =
                outcome >= 0
                  ? judge.events[outcome]!.columns.map((column) => column[0])
                  : outcome === -2
                    ? [judge.watermarkMs]
                    : [];
              const same =
                outcome === layout.outcome &&
                expected.every((value, slot) =>
                  Object.is(value, columns[slot]![0]),
                );
              if (!same) throw new Error(record.toString("latin1"));
            }
          },
        ),
        { numRuns: byScale(400, 1_000) },
      );
      t.ok(taken > tried / 3, `${taken} of ${tried} taken`);
    },
  );
}

t.test("scannerSource() holds no text of a record or job", async (t) => {
  const texts = ["evil();", "`evil`", "\u2028", "*/"];
  const record = Buffer.from(
    JSON.stringify({
      [texts.join("")]: texts.join(""),
      a: 1,
      type: texts.join(""),
    }),
  );
  const layout = new LayoutLearner(TAXI).learn(record, 0, record.length);
  t.ok(layout);
  if (layout === undefined) return;
  const source = scannerSource(layout);
  t.notMatch(source, /evil|\u2028|\*\//);
  t.match(source, /^[\x20-\x7e\n]*$/);
});

t.test("a scanner reads no further than reachBytes() says", async () => {
  const record = Buffer.from(TRIP);
  const layout = new LayoutLearner(TAXI).learn(record, 0, record.length);
  if (layout === undefined) throw new Error("no layout");
  const columns = Array.from({ length: 6 }, () => new Float64Array(1));
  const scan = compileScanner(layout, columns, makeFunction);
  for (let cut = 0; cut <= record.length; cut++) {
    // What would go on for ever: digits, letters of a string, the same record.
    for (const behind of ["7", "x", " ", TRIP.slice(cut), TRIP]) {
      const bytes = Buffer.concat([
        record.subarray(0, cut),
        Buffer.alloc(reachBytes(layout), behind),
      ]);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      // Reading past the view would throw.
      const isTaken = scan(bytes, view, 0, cut, 0);
      if (isTaken !== (cut === record.length))
        throw new Error(`${cut} ${behind}`);
    }
  }
});

t.test("canMakeFunctions() tells where it is forbidden", async (t) => {
  t.equal(canMakeFunctions(makeFunction), true);
  t.equal(
    canMakeFunctions(() => {
      throw new EvalError("Code generation from strings disallowed");
    }),
    false,
  );
});

/**
 * Goal: no byte string tells ExactDecoder from JsonDecoder, in no sequence.
 * Method: both decode the same records, made by fast-check, by the generator
 * and by hand; one decoder lives through each whole sequence, so that what it
 * has learnt is tested too. `FLAGDROP_LONG=1` does millions.
 */
import fc from "fast-check";
import t from "tap";
import { TripGenerator } from "../../../engine/replay/generator.ts";
import { Random } from "../../../engine/replay/random.ts";
import {
  DEAD,
  UNDECLARED,
  WATERMARK,
} from "../../../workers/decode/decoder.ts";
import { arbitraryRecords, damaged } from "./arbitrary_record.ts";
import { ODD, PLANS, RECORDS, TAXI } from "./test_plans.ts";
import { exactTwins } from "./twin_decoders.ts";

const IS_LONG = process.env["FLAGDROP_LONG"] === "1";
const NO_RECORD = Buffer.alloc(0);

/** Trips as producers send them, each with values of its own. */
function generatedTrips(count: number): Buffer[] {
  const { bytes, starts, ends } = new TripGenerator({ seed: 4 }).next(count);
  return Array.from({ length: count }, (_, i) =>
    bytes.subarray(starts[i], ends[i]),
  );
}

for (const [name, plan] of Object.entries(PLANS)) {
  const records = arbitraryRecords(plan);
  const oneDamaged = damaged(records.map(([record = NO_RECORD]) => record));
  const good = [
    ...(RECORDS[name] ?? []).map((text) => Buffer.from(text)),
    ...(name === "taxi" ? generatedTrips(500) : []),
  ];

  const sequence = fc.record({
    families: fc.array(records, { maxLength: 4 }),
    others: fc.array(oneDamaged, { maxLength: 2 }),
    // Layouts are learnt from records that come again.
    order: fc.array(fc.nat(17), { maxLength: 60, size: "max" }),
    between: fc.constantFrom("\n", "", ",", "\x81"),
  });

  t.test(
    `ExactDecoder agrees on any sequence of records, ${name}`,
    async (t) => {
      const outcomes = new Map<number, number>();
      let taken = 0;
      fc.assert(
        fc.property(sequence, ({ families, others, order, between }) => {
          const { both, scanned } = exactTwins(plan);
          const all = [...families.flat(), ...others];
          const again = order.flatMap((index) => all[index] ?? []);
          both.decodeAll([...all, ...again], between);
          taken += scanned();
          for (const [outcome, count] of both.outcomes) {
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
          }
        }),
        { numRuns: IS_LONG ? 6_000 : 120 },
      );
      for (const outcome of [0, UNDECLARED, WATERMARK, DEAD]) {
        const count = outcomes.get(outcome) ?? 0;
        t.ok(count > (IS_LONG ? 50 : 3), `outcome ${outcome}: ${count}`);
      }
      t.ok(taken > 300, `${taken} taken by scanners`);
    },
  );

  t.test(`ExactDecoder agrees through one long life, ${name}`, async (t) => {
    const pool = fc
      .sample(records, { numRuns: 200, seed: 5 })
      .flat()
      .concat(fc.sample(oneDamaged, { numRuns: 200, seed: 6 }));
    const random = new Random(11);
    const index = (length: number) => Math.floor(random.unit() * length);
    const pick = (from: readonly Buffer[]) =>
      from[index(from.length)] ?? NO_RECORD;
    const { both, scanned, run } = exactTwins(plan, 30);
    const batches = IS_LONG ? 5_000 : 40;
    let oddShare = 0;
    for (let batch = 0; batch < batches; batch++) {
      // Times of peace, and of strange records and changed bytes.
      if (batch % 8 === 0) oddShare = [0, 0.02, 0.2, 1][index(4)] ?? 0;
      const some = Array.from({ length: 200 }, () => {
        if (random.unit() >= oddShare) return pick(good);
        if (random.unit() < 0.5) return pick(pool);
        const bytes = Buffer.from(pick(good));
        bytes[index(bytes.length)] = index(256);
        return bytes;
      });
      both.decodeAll(some, batch % 2 === 0 ? "\n" : "");
    }
    t.ok((both.outcomes.get(0) ?? 0) > batches);
    t.ok((both.outcomes.get(DEAD) ?? 0) > batches);
    t.ok(scanned() > 10 * batches, `${scanned()} taken by scanners`);
    t.ok(run() > batches / 4, `${run()} taken in runs`);
  });
}

t.test("ExactDecoder agrees on what is written by hand", async () => {
  const trip =
    '"pickup_lat":1,"pickup_lon":2,"dropoff_lat":3,"dropoff_lon":4,"pickup_datetime":"2016-01-01T00:00:00Z","dropoff_datetime":"2016-01-01T00:00:00Z","type":"trip"';
  const texts = [
    ...[
      "",
      " ",
      "{}",
      "{ }",
      "[]",
      "null",
      '"trip"',
      "{",
      "}",
      '{"type"',
      "\0",
    ],
    `{${trip}}`,
    `{${trip},"type":"bus"}`,
    `{${trip},"pickup_lat":null}`,
    `{${trip},"pickup_latitude":null}`,
    `{"pickup_latitude":9,${trip}}`,
    `{${trip},"ty\\u0070e":"bus"}`,
    `{${trip},"__proto__":{"type":"bus"}}`,
    `{${trip},"x":"${"y".repeat(70_000)}"}`,
    `{${trip},"x":${"[".repeat(40)}${"]".repeat(40)}}`,
    `{${trip},"x":${"[".repeat(100_000)}}`,
    `{${trip},"x":${"9".repeat(400)}}`,
    `{${trip}}{${trip}}`,
    `\uFEFF{${trip}}`,
    `{${trip},"x":"\uD800"}`,
    `{${trip.replace('"trip"', '"tr\\u0069p"')}}`,
    `{${Array.from({ length: 300 }, (_, i) => `"k${i}":${i}`).join()},${trip}}`,
  ];
  const { both } = exactTwins(TAXI);
  for (const text of texts) {
    const record = Buffer.from(text);
    for (let round = 0; round < 4; round++) both.decode(record);
  }
});

t.test("ExactDecoder agrees where the kind is a value too", async (t) => {
  const { both, scanned } = exactTwins(ODD);
  const record = Buffer.from('{"when":"2016-01-01T23:59:59Z","größe":"7"}');
  for (let round = 0; round < 4; round++) t.equal(both.decode(record), 0);
  t.equal(scanned(), 0, "scanners don't read what is theirs");
});

t.test("ExactDecoder agrees while buffers change under it", async () => {
  const { both } = exactTwins(TAXI);
  const [text = ""] = RECORDS["taxi"] ?? [];
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.from(text.repeat(2 + (i % 12)));
    for (let start = 0; start < bytes.length; start += text.length) {
      both.decode(bytes, start, start + text.length);
    }
    // The same buffer, filled anew.
    bytes.fill("x");
    bytes.write(text, 3);
    both.decode(bytes, 3, 3 + text.length);
    both.decode(bytes.subarray(3), 0, text.length);
  }
});

import t from "tap";
import { UNDECLARED, WATERMARK } from "../../../../workers/decode/decoder.ts";
import {
  LAYOUT_LITERAL_BYTES_MAX,
  LAYOUT_VALUES_MAX,
} from "../../../../workers/decode/limits.ts";
import { layoutKey } from "../../../../workers/decode/scanner/layout.ts";
import { LayoutLearner } from "../../../../workers/decode/scanner/layout_learner.ts";
import { ODD, TAXI } from "../test_plans.ts";

const TRIP = {
  pickup_lat: 40.7,
  pickup_lon: -73.9,
  dropoff_lat: 40.8,
  dropoff_lon: -74,
  pickup_datetime: "2016-01-01T00:00:00.000Z",
  dropoff_datetime: "2016-01-01 00:10:00",
  flag: "N",
  type: "trip",
};

function learn(record: object | string, plan = TAXI) {
  const text = typeof record === "string" ? record : JSON.stringify(record);
  const bytes = Buffer.from(text);
  return new LayoutLearner(plan).learn(bytes, 0, bytes.length);
}

t.test(
  "LayoutLearner.learn() tells literals, readings and kinds",
  async (t) => {
    const layout = learn(TRIP);
    t.equal(layout?.outcome, 0);
    t.equal(
      layout?.values.length,
      7,
      "the kind is part of the closing literal",
    );
    t.equal(Buffer.from(layout?.closing ?? []).toString(), ',"type":"trip"}');
    const [first, , , , pickup, dropoff, flag] = layout?.values ?? [];
    t.equal(Buffer.from(first?.literal ?? []).toString(), '{"pickup_lat":');
    t.match(first?.readings, [{ type: "number", slot: 0 }]);
    t.match(pickup?.readings, [
      { form: { separator: "T", fractionDigits: 3, zone: "Z" } },
    ]);
    t.match(dropoff?.readings, [
      { form: { separator: " ", fractionDigits: 0, zone: "" } },
    ]);
    t.same(flag?.readings, []);
    t.same(flag?.shape, { type: "string" });
    t.equal(
      learn({ type: "watermark", watermark: TRIP.pickup_datetime })?.outcome,
      WATERMARK,
    );
    t.equal(learn({ type: "bus", x: null })?.outcome, UNDECLARED);
  },
);

t.test(
  "LayoutLearner.learn() reads the first spelling that is there",
  async (t) => {
    const layout = learn({ pickup_latitude: 1, ...TRIP });
    t.same(layout?.values[0]?.readings, [], "the long one");
    t.match(layout?.values[1]?.readings, [{ slot: 0 }]);
  },
);

t.test(
  "LayoutLearner.learn() reads one value into several slots",
  async (t) => {
    const ride = { größe: "ride", lat: 1, when: TRIP.pickup_datetime, n: 3 };
    const layout = learn(ride, ODD);
    t.same(
      layout?.values[0]?.readings.map(({ slot }) => slot),
      [0, 1],
    );
    t.same(
      layout?.values[1]?.readings.map(({ slot }) => slot),
      [2, 3],
    );
  },
);

t.test(
  "LayoutLearner.learn() leaves alone what needs JSON.parse",
  async (t) => {
    const text = JSON.stringify(TRIP);
    for (const record of [
      ...[
        "",
        "{}",
        "[]",
        "{",
        '{"type":1}',
        '{"type":"trip"}',
        text.slice(0, -1),
      ],
      `${text}x`,
      text.replace("{", '{"type":"bus",'),
      text.replace("flag", "fl\\u0061g"),
      text.replace('"trip"', '"tri\\u0070"'),
      text.replace("flag", "pickup_lat"),
      JSON.stringify({ type: "watermark" }),
    ]) {
      t.equal(learn(record), undefined, record);
    }
  },
);

t.test("LayoutLearner.learn() has limits", async (t) => {
  const many = (count: number) =>
    learn({
      ...Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`k${i}`, 0]),
      ),
      type: "bus",
    });
  t.ok(many(LAYOUT_VALUES_MAX - 1));
  t.equal(many(LAYOUT_VALUES_MAX), undefined);
  t.equal(
    learn({ ["k".repeat(LAYOUT_LITERAL_BYTES_MAX)]: 0, type: "bus" }),
    undefined,
  );
});

t.test("layoutKey() is the same for records that are alike", async (t) => {
  const key = (record: object | string) => {
    const layout = learn(record);
    return layout && layoutKey(layout);
  };
  t.equal(key({ ...TRIP, pickup_lat: -1e5, flag: [] }), key(TRIP));
  t.not(key(JSON.stringify(TRIP).replace(":", ": ")), key(TRIP));
  t.not(key({ ...TRIP, type: "bus" }), key(TRIP));
  t.not(key({ ...TRIP, more: 1 }), key(TRIP));
});

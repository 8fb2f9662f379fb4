import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import {
  DEAD,
  UNDECLARED,
  WATERMARK,
} from "../../../workers/decode/decoder.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";

const PLAN = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));
const TRIP = {
  pickup_lat: 40.7,
  pickup_lon: -73.9,
  dropoff_lat: 40.8,
  dropoff_lon: -74,
  pickup_datetime: "2016-01-01T00:00:00Z",
  dropoff_datetime: "2016-01-01T00:10:00Z",
  type: "trip",
};

function decode(text: string | Buffer | object) {
  const decoder = new JsonDecoder(PLAN);
  const bytes = Buffer.isBuffer(text)
    ? text
    : Buffer.from(typeof text === "string" ? text : JSON.stringify(text));
  const outcome = decoder.decode(bytes, 0, bytes.length);
  const row = decoder.events[0]?.columns.map((column) => column[0]);
  return { outcome, row, reason: decoder.reason, wm: decoder.watermarkMs };
}

t.test("JsonDecoder.decode() reads a trip into its row", async (t) => {
  const { outcome, row } = decode(TRIP);
  t.equal(outcome, 0);
  const startMs = Date.UTC(2016, 0, 1);
  t.same(row, [40.7, -73.9, 40.8, -74, startMs, startMs + 600_000]);
});

t.test(
  "JsonDecoder.decode() takes both spellings, the short one first",
  async (t) => {
    const { pickup_lat: _, ...rest } = TRIP;
    t.equal(decode({ ...rest, pickup_latitude: 40.5 }).row?.[0], 40.5);
    t.equal(decode({ ...TRIP, pickup_latitude: 1 }).row?.[0], 40.7);
    const nulled = decode({ ...TRIP, pickup_lat: null, pickup_latitude: 1 });
    t.equal(nulled.outcome, DEAD, "a key that is there wins, even with null");
  },
);

t.test(
  "JsonDecoder.decode() takes strings that are JSON numbers",
  async (t) => {
    for (const [text, value] of [
      ["40.5", 40.5],
      ["4.05e1", 40.5],
      ["-0", -0],
      ["1E+2", 100],
    ] as const) {
      t.equal(decode({ ...TRIP, pickup_lat: text }).row?.[0], value, text);
    }
    for (const text of [
      "+1",
      " 1",
      "1 ",
      "1.",
      ".5",
      "0x10",
      "01",
      "",
      "NaN",
    ]) {
      const { outcome, reason } = decode({ ...TRIP, pickup_lat: text });
      t.equal(outcome, DEAD, JSON.stringify(text));
      t.equal(reason, "bad_field");
    }
  },
);

t.test("JsonDecoder.decode() refuses what JSON.parse refuses", async (t) => {
  for (const text of [
    "",
    "   ",
    "{",
    "\uFEFF{}",
    '{"type":"trip",}',
    "{'type':'trip'}",
    Buffer.from([0xff, 0xfe, 0x00]),
  ]) {
    t.equal(decode(text).reason, "not_json");
  }
  t.equal(decode("[]").reason, "not_an_object");
  t.equal(decode("null").reason, "not_an_object");
  t.equal(decode('"trip"').reason, "not_an_object");
  t.equal(decode("{}").reason, "no_kind");
  t.equal(decode('{"type":null}').reason, "no_kind");
});

t.test("JsonDecoder.decode() reads the last of two equal keys", async (t) => {
  const text = JSON.stringify(TRIP).replace("{", '{"type":"bus",');
  t.equal(decode(text).outcome, 0);
});

t.test("JsonDecoder.decode() takes no field from the prototype", async (t) => {
  t.equal(decode('{"__proto__":{"type":"trip"}}').reason, "no_kind");
});

t.test(
  "JsonDecoder.decode() tells undeclared kinds and watermarks",
  async (t) => {
    t.equal(decode('{"type":"bus"}').outcome, UNDECLARED);
    const { outcome, wm } = decode(
      '{"type":"watermark","watermark":"2016-01-01T00:00:00.001Z"}',
    );
    t.equal(outcome, WATERMARK);
    t.equal(wm, Date.UTC(2016, 0, 1) + 1);
    t.equal(decode('{"type":"watermark"}').reason, "bad_watermark");
    t.equal(
      decode('{"type":"watermark","watermark":1}').reason,
      "bad_watermark",
    );
  },
);

t.test("JsonDecoder.decode() takes infinite numbers as they are", async (t) => {
  const text = JSON.stringify(TRIP).replace("40.7", "1e999");
  t.equal(decode(text).row?.[0], Number.POSITIVE_INFINITY);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import {
  taxiJob,
  taxiZones,
  ZONE_PRESETS,
} from "../../../engine/job/presets/taxi.ts";
import { type JobSpec, parseJobSpec } from "../../../engine/job/spec.ts";
import { keyTexts } from "../../../engine/sink/key_text.ts";
import { unpackSection } from "../../../engine/tally/tally_columns.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";
import { RunMemory } from "../../../workers/decode/runs/run_memory.ts";
import { LineBatch } from "../../../workers/file/line_batch.ts";
import { TallyOperator } from "../../../workers/tally/tally_operator.ts";
import {
  type PlainEvent,
  type PlainResult,
  plainTally,
} from "./plain_tally.ts";

const START_MS = Date.UTC(2016, 0, 1);
const AHEAD_MAX_MS = 36_500 * 86_400_000;

interface Trip {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly pickupMs: number;
  readonly dropoffMs: number;
}

/** Around the city, at the airports, on edges, and off the globe. */
const latitude = fc.oneof(
  fc.double({ min: 40.5, max: 41, noNaN: true }),
  fc.double({ min: 40.63, max: 40.78, noNaN: true }),
  fc.constantFrom(
    40.78125,
    40.78125 - 2 ** -47,
    0,
    90,
    91,
    -90.5,
    40.6439208984375,
  ),
);
const longitude = fc.oneof(
  fc.double({ min: -74.2, max: -73.7, noNaN: true }),
  fc.double({ min: -73.89, max: -73.76, noNaN: true }),
  fc.constantFrom(-73.828125, 0, 180, 181, -180.5, -74.1796875),
);
const time = fc
  .integer({ min: 0, max: 40 * 60_000 })
  .map((offset) => START_MS + offset);
const trip: fc.Arbitrary<Trip> = fc.record({
  from: fc.tuple(latitude, longitude),
  to: fc.tuple(latitude, longitude),
  pickupMs: time,
  dropoffMs: time,
});
/** A trip, or a watermark. */
const input = fc.array(fc.oneof({ weight: 12, arbitrary: trip }, time), {
  maxLength: 300,
  size: "max",
});

function lineOf(one: Trip | number): string {
  if (typeof one === "number") {
    const watermark = new Date(one).toISOString();
    return JSON.stringify({ type: "watermark", watermark });
  }
  return JSON.stringify({
    pickup_lat: one.from[0],
    pickup_lon: one.from[1],
    dropoff_lat: one.to[0],
    dropoff_lon: one.to[1],
    pickup_datetime: new Date(one.pickupMs).toISOString(),
    dropoff_datetime: new Date(one.dropoffMs).toISOString(),
    type: "trip",
  });
}

/** Runs lines through the operator, as one file block. */
function operate(spec: JobSpec, lines: readonly string[], isSieved = false) {
  const plan = planJob(spec);
  // Columns that lie in WebAssembly's memory are filtered there.
  const events = isSieved ? RunMemory.open(plan)?.events : undefined;
  const operator = new TallyOperator({
    plan,
    decoder: new JsonDecoder(plan, events),
    watermarkAheadMaxMs: AHEAD_MAX_MS,
    late: "drop",
  });
  const shard = operator.shard({
    shardId: "file",
    watermarkMs: Number.NEGATIVE_INFINITY,
    dedupe: null,
  });
  const batch = new LineBatch();
  batch.reset(Buffer.from(lines.join("\n")), 0, START_MS);
  while (batch.next()) operator.consume(shard, batch);
  return { plan, operator, shard };
}

function talliesOf({ plan, operator }: ReturnType<typeof operate>) {
  const tallies = new Map<string, { count: number; values: number[] }>();
  const { sections, buffer } = operator.tables.take();
  for (const section of sections) {
    const query = plan.queries[section.queryIndex]!;
    const columns = unpackSection(section, buffer);
    for (let row = 0; row < columns.rowCount; row++) {
      const words = { word0: columns.word0[row]!, word1: columns.word1[row]! };
      const key = keyTexts(query, words).join("|");
      tallies.set(`${query.name}|${section.windowStartMs}|${key}`, {
        count: columns.counts[row]!,
        values: columns.accumulators.map((column) => column[row]!),
      });
    }
  }
  return tallies;
}

function compare(spec: JobSpec, list: readonly (Trip | number)[]): void {
  const events: PlainEvent[] = [];
  let watermarkMs = Number.NEGATIVE_INFINITY;
  for (const one of list) {
    if (typeof one === "number") watermarkMs = Math.max(watermarkMs, one);
    else {
      const values = {
        pickupLat: one.from[0],
        pickupLon: one.from[1],
        dropoffLat: one.to[0],
        dropoffLon: one.to[1],
        pickupTime: one.pickupMs,
        dropoffTime: one.dropoffMs,
      };
      events.push({ values, watermarkMs });
    }
  }
  const expected = plainTally(spec, "trip", events);
  for (const isSieved of [false, true]) {
    const got = operate(spec, list.map(lineOf), isSieved);
    assert.equal(compareResult(spec, got, expected), list.length);
  }
}

/** Gives how many records were read. */
function compareResult(
  spec: JobSpec,
  got: ReturnType<typeof operate>,
  expected: PlainResult,
): number {
  assert.deepEqual(talliesOf(got), expected.tallies);
  const counts = got.shard.counts.take();
  assert.equal(counts.tallied, expected.tallied);
  assert.equal(counts.late, expected.late);
  const filtered = new Map(
    got.plan.filterReasons.map((reason, i) => [reason, counts.filtered[i]]),
  );
  assert.equal(filtered.get("no_query"), expected.noQuery);
  for (const { name } of spec.events["trip"]?.filters ?? []) {
    assert.equal(filtered.get(name), expected.filtered.get(name) ?? 0, name);
  }
  return counts.read;
}

for (const preset of ZONE_PRESETS) {
  t.test(
    `TallyOperator agrees with the plain twin, zones ${preset}`,
    async () => {
      const spec = parseJobSpec(taxiJob(taxiZones(preset)));
      fc.assert(
        fc.property(input, (list) => compare(spec, list)),
        { numRuns: 60 },
      );
    },
  );
}

t.test("TallyOperator agrees for long keys and without filters", async () => {
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  const event = spec.events["trip"]!;
  const changed: JobSpec = {
    ...spec,
    events: { trip: { ...event, filters: [] } },
    queries: [
      {
        ...spec.queries[0]!,
        key: [{ as: "location", geohash: "pickup", precision: 12 }],
      },
      {
        ...spec.queries[1]!,
        windowMs: 300_000,
        key: [
          { as: "from", geohash: "pickup", precision: 7 },
          { as: "to", geohash: "dropoff", precision: 5 },
        ],
      },
      {
        ...spec.queries[1]!,
        name: "zones_only",
        key: [{ as: "airport", zoneOf: "dropoff", inZones: ["JFK", "LGA"] }],
      },
    ],
  };
  fc.assert(
    fc.property(input, (list) => compare(changed, list)),
    { numRuns: 60 },
  );
});

t.test("TallyOperator refuses a watermark too far ahead", async (t) => {
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  const line = JSON.stringify({
    type: "watermark",
    watermark: "9999-01-01T00:00:00Z",
  });
  const { shard } = operate(spec, [line]);
  t.equal(shard.counts.watermarksRefused, 1);
  t.equal(shard.watermarkMs, Number.NEGATIVE_INFINITY);
});

t.test("TallyOperator keeps what it can't decode, byte for byte", async (t) => {
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  const lines = ['{"type":"trip"', "", "[1]", '{"type":7}', '{"type":"bus"}'];
  const { operator, shard } = operate(spec, lines);
  const letters = operator.takeDeadLetters();
  t.same(
    letters.map(({ sequenceNumber, reason, bytes }) => [
      sequenceNumber,
      reason,
      Buffer.from(bytes).toString(),
    ]),
    [
      ["0", "not_json", lines[0]],
      ["15", "not_json", lines[1]],
      ["16", "not_an_object", lines[2]],
      ["20", "no_kind", lines[3]],
    ],
  );
  const counts = shard.counts.take();
  t.equal(counts.dead, 4);
  t.equal(counts.filtered[0], 1, "the undeclared kind");
});

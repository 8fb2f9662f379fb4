/**
 * The judge must be right before it may judge: it is compared with a plain
 * computation that shares nothing with it, with what the generator meant its
 * lines to be, and with cases worked by hand.
 */
import t from "tap";
import {
  HAND_WORKED_DOCUMENTS,
  HAND_WORKED_LINES,
  handWorkedInput,
} from "../golden/hand_worked.ts";
import { DAMAGES } from "./damage.ts";
import { damagedEvents, type Intent } from "./damaged_events.ts";
import { documentDifferences, parseNdjson } from "./document.ts";
import { Judge, ZONES } from "./judge.ts";
import { naiveTime } from "./naive_fields.ts";
import { naiveGeohash } from "./naive_geo.ts";
import { naiveJob } from "./naive_reference.ts";
import { MALFORMED_NUMBERS, spellNumber } from "./number_spellings.ts";
import { Random } from "./random.ts";
import { lineBounds, readLine, readTime } from "./read_line.ts";
import { byScale } from "./scale.ts";
import { MALFORMED_TIMES, spellTime } from "./time_spellings.ts";
import {
  besideDouble,
  FAR_POINTS,
  type Point,
  ZONE_EDGES,
} from "./trip_points.ts";

// A bound for busy machines; it takes seconds.
t.setTimeout(600_000);

const START_MS = Date.parse("2026-01-01T00:00:00Z");

function records(bytes: Buffer): Buffer[] {
  return lineBounds(bytes).map(([start, end]) => bytes.subarray(start, end));
}

t.test(
  "Judge gives every record the verdict of the plain computation",
  async (t) => {
    for (const seed of byScale([1], [1, 2, 3, 4, 5, 6, 7, 8])) {
      const { bytes } = damagedEvents({
        lineCount: 2_000,
        seed,
        damagedShare: 0.1,
        spanMs: 3_600_000,
      });
      const judge = await Judge.ofLines(bytes, { startMs: START_MS });
      for (const zones of ZONES) {
        const naive = naiveJob(records(bytes), { zones, startMs: START_MS });
        const actual = await judge.documents(zones);
        t.ok(
          actual.size > 30,
          `seed ${seed}, ${zones}: ${actual.size} documents`,
        );
        t.strictSame(documentDifferences(actual, naive.documents), []);
        t.strictSame(await judge.verdicts(zones), naive.verdicts);
      }
      judge.close();
    }
  },
);

t.test("Judge takes each line for what the generator meant", async (t) => {
  const { bytes, intents, damages } = damagedEvents({
    lineCount: 20_000,
    seed: 4,
    finalNewline: false,
  });
  t.strictSame(Object.keys(damages).sort(), Object.keys(DAMAGES).sort());
  const judge = await Judge.ofLines(bytes, { startMs: START_MS });
  const verdicts = await judge.verdicts("nyc");
  const late = new Set(await judge.lateIndexes());
  judge.close();
  t.equal(verdicts.length, intents.length);
  const intentOf = (verdict: string, i: number): Intent => {
    if (verdict === "dead") return "dead";
    if (verdict === "filtered undeclared_kind") return "undeclared";
    if (verdict === "watermark_taken") return "taken";
    if (verdict === "watermark_refused") return "refused";
    return late.has(i) ? "late_trip" : "trip";
  };
  const lines = records(bytes);
  const surprises = intents.flatMap((intent, i) => {
    const found = intentOf(verdicts[i] ?? "", i);
    return found === intent ? [] : [`${found}, not ${intent}: ${lines[i]}`];
  });
  t.strictSame(surprises.slice(0, 5), []);
  for (const intent of ["late_trip", "refused", "taken", "dead"] as const) {
    t.ok(intents.includes(intent), `there is a line "${intent}"`);
  }
});

t.test("Judge.counts() adds up and agrees with the verdicts", async (t) => {
  const { bytes } = damagedEvents({ lineCount: 3_000, seed: 5 });
  const judge = await Judge.ofLines(bytes, { startMs: START_MS });
  for (const zones of ZONES) {
    const counts = await judge.counts(zones);
    const { read, filtered, ...rest } = counts;
    const parts = [...Object.values(rest), ...Object.values(filtered)];
    t.equal(
      parts.reduce((a, b) => a + b, 0),
      read,
    );
    t.equal(read, 3_000);
    t.ok(counts.late > 0 && counts.dead > 0 && counts.tallied > 1_500);
  }
  judge.close();
});

t.test("Judge agrees with the cases worked by hand", async (t) => {
  const judge = await Judge.ofLines(Buffer.from(handWorkedInput()));
  t.strictSame(
    await judge.verdicts("nyc"),
    HAND_WORKED_LINES.map(({ verdict }) => verdict),
  );
  const expected = parseNdjson(`${HAND_WORKED_DOCUMENTS.join("\n")}\n`);
  t.strictSame(documentDifferences(await judge.documents("nyc"), expected), []);
  judge.close();
});

t.test(
  "Judge knows the edges that the generator plants points on",
  async (t) => {
    const judge = await Judge.ofLines(Buffer.alloc(0));
    t.strictSame(await judge.zoneEdges(), ZONE_EDGES);
    judge.close();
  },
);

t.test(
  "geohashes are those of the book, on edges and beside them",
  async (t) => {
    t.equal(naiveGeohash(57.64911, 10.40744, 11), "u4pruydqqvj");
    t.equal(naiveGeohash(42.605, -5.603, 5), "ezs42");
    t.equal(naiveGeohash(-25.382708, -49.265506, 12), "6gkzwgjzn820");
    t.equal(naiveGeohash(90, 180, 6), "zzzzzz");
    t.equal(naiveGeohash(-90, -180, 6), "000000");
    t.equal(naiveGeohash(0, 0, 6), "s00000");
    t.equal(naiveGeohash(-Number.MIN_VALUE, -0, 6), "kpbpbp");

    const random = new Random(6);
    const points: Point[] = [...FAR_POINTS];
    while (points.length < 3_000) {
      // Any edge in the world with either neighbour, or near it.
      const lat = (random.whole(0, 32_768) * 45) / 8_192 - 90;
      const lon = (random.whole(0, 32_768) * 45) / 4_096 - 180;
      const near = (edge: number, max: number) => {
        const side = random.whole(-2, 2);
        const value =
          side === 0
            ? edge
            : Math.abs(side) === 1
              ? besideDouble(edge, side as 1 | -1)
              : edge + random.between(-0.01, 0.01);
        return Math.min(Math.max(value, -max), max);
      };
      points.push([near(lat, 90), near(lon, 180)]);
    }
    const judge = await Judge.ofLines(Buffer.alloc(0));
    const actual = await judge.geohashes(points);
    judge.close();
    const wrong = points.flatMap(([lat, lon], i) =>
      actual[i] === naiveGeohash(lat, lon, 6) ? [] : [[lat, lon, actual[i]]],
    );
    t.strictSame(wrong, []);
  },
);

t.test("readTime() and the plain reading agree on every form", async (t) => {
  const random = new Random(7);
  for (let i = 0; i < 5_000; i++) {
    const timeMs = random.chance(0.5)
      ? random.whole(-62_135_596_800_000, 253_370_764_799_999)
      : random.whole(-100_000_000, 100_000_000) * 60_000;
    const text = spellTime(Math.max(timeMs, -62_035_596_800_000), random);
    const expected = Math.max(timeMs, -62_035_596_800_000);
    if (readTime(text) !== expected || naiveTime(text) !== expected) {
      t.fail(
        `${text} is ${readTime(text)} and ${naiveTime(text)}, not ${expected}`,
      );
      return;
    }
  }
  for (const text of MALFORMED_TIMES) {
    const value: unknown = JSON.parse(text);
    t.equal(readTime(value), undefined, text);
    t.throws(() => naiveTime(value), text);
  }
});

t.test(
  "readLine() reads every spelling of a number and no other text",
  async (t) => {
    const line = (value: string) =>
      Buffer.from(
        `{"type":"trip","pickup_lat":${value},"pickup_lon":0,"dropoff_lat":0,` +
          '"dropoff_lon":0,"pickup_datetime":"2016-01-01 00:00",' +
          '"dropoff_datetime":"2016-01-01 00:00"}',
      );
    const random = new Random(8);
    for (let i = 0; i < 5_000; i++) {
      const value = random.pick([
        0,
        -0,
        40.75,
        random.between(-180, 180),
        besideDouble(40.78125, -1),
        5e-324,
        1.7976931348623157e308,
        random.whole(-200, 200),
      ]);
      const text = spellNumber(value, random);
      const reading = readLine(line(text));
      if (reading.outcome !== "trip" || !Object.is(reading.pickupLat, value)) {
        t.fail(`${text} is not read as ${value}`);
        return;
      }
    }
    for (const text of MALFORMED_NUMBERS) {
      t.equal(readLine(line(text)).outcome, "dead", text);
    }
  },
);

/**
 * Local times. Goal: the instants that New York's law says. Method: the rule of
 * its summer time in plain arithmetic; zones with odd offsets by hand; Python's
 * own table in test/real_codecs.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { TimeZone } from "../../../../engine/replay/source/time_zone.ts";
import { Timestamps } from "../../../../engine/replay/source/timestamps.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Midnight of the n-th Sunday of a month, as if it were UTC; -1 for the last. */
function sunday(year: number, month: number, n: number): number {
  const days = Array.from({ length: 31 }, (_, i) =>
    Date.UTC(year, month - 1, i + 1),
  )
    .filter((day) => new Date(day).getUTCMonth() === month - 1)
    .filter((day) => new Date(day).getUTCDay() === 0);
  return days.at(n < 0 ? n : n - 1) ?? Number.NaN;
}

/** New York since 1987: begin and end of summer time, local. */
function summer(year: number): readonly [fromMs: number, toMs: number] {
  const [from, to] =
    year >= 2007
      ? [sunday(year, 3, 2), sunday(year, 11, 1)]
      : [sunday(year, 4, 1), sunday(year, 10, -1)];
  return [from + 2 * HOUR_MS, to + 2 * HOUR_MS];
}

function expected(localMs: number): readonly [number, number] {
  const [fromMs, toMs] = summer(new Date(localMs).getUTCFullYear());
  const [summerMs, winterMs] = [localMs + 4 * HOUR_MS, localMs + 5 * HOUR_MS];
  if (localMs >= toMs - HOUR_MS && localMs < toMs) return [summerMs, winterMs];
  // The missing hour is moved forward: winter's offset.
  const isSummer = localMs >= fromMs + HOUR_MS && localMs < toMs;
  return isSummer ? [summerMs, summerMs] : [winterMs, winterMs];
}

t.test("New York's times are those of its law", async () => {
  const zone = new TimeZone("America/New_York");
  const local = fc.oneof(
    fc.integer({ min: Date.UTC(1988, 0, 1), max: Date.UTC(2035, 0, 1) }),
    fc
      .tuple(
        fc.integer({ min: 1988, max: 2034 }),
        fc.boolean(),
        fc.integer({ min: -DAY_MS, max: DAY_MS }),
      )
      .map(([year, isStart, by]) => summer(year)[isStart ? 0 : 1] + by),
  );
  fc.assert(
    fc.property(local, (localMs) => {
      const { firstMs, secondMs } = zone.instantsOf(localMs);
      assert.deepEqual([firstMs, secondMs], expected(localMs));
    }),
    { numRuns: 400 },
  );
});

t.test(
  "autumn's hour is taken as its first, spring's moved forward",
  async (t) => {
    const times = new Timestamps({ timeZone: "America/New_York" });
    const iso = (text: string) => new Date(times.readMs(text)).toISOString();
    t.equal(iso("2015-11-01 00:59:59"), "2015-11-01T04:59:59.000Z");
    t.equal(iso("2015-11-01 01:30:00"), "2015-11-01T05:30:00.000Z");
    const doubled = times.read("2015-11-01 01:30:00");
    t.equal(doubled.secondMs - doubled.firstMs, HOUR_MS);
    t.equal(iso("2015-11-01 02:00:00"), "2015-11-01T07:00:00.000Z");
    t.equal(iso("2016-03-13 01:59:59"), "2016-03-13T06:59:59.000Z");
    t.equal(iso("2016-03-13 02:30:00"), "2016-03-13T07:30:00.000Z");
    t.equal(iso("2016-03-13 03:00:00"), "2016-03-13T07:00:00.000Z");
    // A time that says its offset means it.
    t.equal(iso("2016-03-13T02:30:00Z"), "2016-03-13T02:30:00.000Z");
    t.equal(iso("2016-03-13 02:30:00+01:00"), "2016-03-13T01:30:00.000Z");
  },
);

t.test("zones with odd offsets, and none", async (t) => {
  const at = (zone: string, text: string) =>
    new Date(new Timestamps({ timeZone: zone }).readMs(text)).toISOString();
  t.equal(
    at("Asia/Kathmandu", "2016-01-01 05:45:00"),
    "2016-01-01T00:00:00.000Z",
  );
  // Half an hour of summer time.
  t.equal(
    at("Australia/Lord_Howe", "2016-04-03 01:45:00"),
    "2016-04-02T14:45:00.000Z",
  );
  t.equal(
    at("Pacific/Kiritimati", "2016-01-01 14:00:00"),
    "2016-01-01T00:00:00.000Z",
  );
  t.equal(at("UTC", "2016-01-01 14:00:00"), "2016-01-01T14:00:00.000Z");
  t.throws(() => new Timestamps({ timeZone: "America/Newyork" }), RangeError);
});

t.test("times are read in the forms that the user names", async (t) => {
  const at = (format: string, value: unknown) =>
    new Timestamps({ format }).readMs(value);
  const noon = Date.UTC(2016, 0, 2, 12, 3, 4);
  t.equal(at("epoch-ms", noon), noon);
  t.equal(at("epoch-ms", String(noon)), noon);
  t.equal(at("epoch-s", noon / 1_000), noon);
  t.equal(at("epoch-s", `${noon / 1_000}.123`), noon + 123);
  t.equal(at("epoch-s", noon / 1_000 + 0.29), noon + 290);
  t.equal(at("MM/dd/yyyy hh:mm:ss a", "01/02/2016 12:03:04 PM"), noon);
  t.equal(
    at("MM/dd/yyyy hh:mm:ss a", "01/02/2016 12:03:04 am"),
    noon - 12 * HOUR_MS,
  );
  t.equal(at("d MMM yyyy H:mm:ss", "2 Jan 2016 12:03:04"), noon);
  t.equal(
    at("yyyyMMdd'T'HHmmss.SSSX", "20160102T120304.500+01"),
    noon + 500 - HOUR_MS,
  );
  t.equal(
    at(`yyyy-MM-dd HH:mm:ss ${"X".repeat(3)}`, "2016-01-02 12:03:04 -05:30"),
    noon + 5.5 * HOUR_MS,
  );
  t.equal(at("dd.MM.yy", "02.01.16"), Date.UTC(2016, 0, 2));
  for (const [format, value] of [
    ["iso", noon],
    ["iso", "2016-01-02"],
    ["epoch-ms", "soon"],
    ["epoch-ms", true],
    ["epoch-ms", 1e300],
    ["epoch-s", null],
    ["MM/dd/yyyy", "13/01/2016"],
    ["MM/dd/yyyy", "02/30/2016"],
    ["MM/dd/yyyy hh:mm a", "01/02/2016 13:03 PM"],
    ["yyyy-MM-dd", "2016-01-02 and more"],
  ] as const) {
    t.ok(Number.isNaN(at(format, value)), `${format} ${value}`);
  }
  for (const bad of [
    "HH:mm",
    "yyyy-MM-dd'T",
    "yyyy-QQ-dd",
    "yyyy yyyy MM dd",
    "yyyy-MM-dd hh",
  ]) {
    t.throws(() => new Timestamps({ format: bad }), SyntaxError, bad);
  }
});

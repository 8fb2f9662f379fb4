import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { parseTimeMs } from "../../../engine/job/time.ts";

t.test("parseTimeMs() reads every accepted form", async (t) => {
  const expected = Date.UTC(2016, 0, 1, 12, 34, 56, 789);
  for (const text of [
    "2016-01-01T12:34:56.789Z",
    "2016-01-01 12:34:56.789",
    "2016-01-01T12:34:56.789999999Z",
    "2016-01-01T14:34:56.789+02:00",
    "2016-01-01T07:04:56.789-05:30",
  ]) {
    t.equal(parseTimeMs(text), expected, text);
  }
  t.equal(parseTimeMs("2016-01-01T12:34"), Date.UTC(2016, 0, 1, 12, 34));
  t.equal(parseTimeMs("2016-01-01T12:34:56.7Z") % 1000, 700);
  t.equal(parseTimeMs("0001-01-01T00:00:00Z"), -62_135_596_800_000);
});

t.test("parseTimeMs() refuses what is no time", async (t) => {
  for (const text of [
    "",
    "2016-01-01",
    "2016-13-01T00:00:00Z",
    "2016-00-01T00:00:00Z",
    "2015-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2016-04-31T00:00:00Z",
    "2016-01-01T24:00:00Z",
    "2016-01-01T00:60:00Z",
    "2016-01-01T00:00:60Z",
    "2016-01-01T00:00:00.Z",
    "2016-01-01T00:00:00+0200",
    "2016-01-01T00:00:00+24:00",
    "2016-01-01t00:00:00z",
    " 2016-01-01T00:00:00Z",
    "2016-01-01T00:00:00Z ",
    "2016-01-01T00:00:00Z\n",
    "+02016-01-01T00:00:00Z",
  ]) {
    t.ok(Number.isNaN(parseTimeMs(text)), JSON.stringify(text));
  }
});

t.test("parseTimeMs() is the inverse of toISOString()", async () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date("0000-01-01T00:00:00Z"),
        max: new Date("9999-12-31T23:59:59.999Z"),
        noInvalidDate: true,
      }),
      (date) => {
        assert.equal(parseTimeMs(date.toISOString()), date.getTime());
      },
    ),
    { numRuns: 1_000 },
  );
});

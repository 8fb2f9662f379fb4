/**
 * Times of the user's own forms. Goal: a moved time reads as the old one plus
 * the shift, in the same form, and nothing else of the event changes.
 */
import fc from "fast-check";
import t from "tap";
import { Timestamps } from "../../../engine/replay/source/timestamps.ts";
import { TimeShifter } from "../../../engine/replay/time_shifter.ts";

const HOUR_MS = 3_600_000;

function chunkOf(lines: readonly string[], timesMs: readonly number[]) {
  const parts = lines.map((line) => Buffer.from(line));
  let at = 0;
  const starts = new Uint32Array(lines.length);
  const ends = new Uint32Array(lines.length);
  parts.forEach(({ length }, i) => {
    starts[i] = at;
    at += length;
    ends[i] = at;
  });
  return {
    ...{ bytes: Buffer.concat(parts), count: lines.length, starts, ends },
    timesMs: Float64Array.from(timesMs),
    position: { part: "test", version: "", offset: 0, ordinal: 0 },
  };
}

function moved(line: string, shiftMs: number, timestamps: Timestamps) {
  const { ts } = JSON.parse(line) as { readonly ts: string };
  const chunk = chunkOf([line, line], Array(2).fill(timestamps.readMs(ts)));
  const shifter = new TimeShifter("test", timestamps);
  const shifted = shifter.shifted(chunk, new Float64Array(2).fill(shiftMs));
  const { bytes, starts, ends, timesMs } = shifted;
  const texts = [0, 1].map((i) => bytes.toString("utf8", starts[i], ends[i]));
  t.equal(texts[0], texts[1]);
  return { text: texts[1] ?? "", timeMs: timesMs[1] };
}

t.test("each pattern keeps its form", async (t) => {
  const cases: readonly [string, string, string, string, number][] = [
    [
      "MM/dd/yyyy hh:mm:ss a",
      "UTC",
      "12/31/2015 11:30:00 PM",
      "01/01/2016 12:30:00 AM",
      HOUR_MS,
    ],
    [
      "MM/dd/yyyy hh:mm:ss a",
      "UTC",
      "12/31/2015 11:30:00 pm",
      "01/01/2016 12:30:00 am",
      HOUR_MS,
    ],
    [
      "M/d/yy H:mm",
      "UTC",
      "9/30/15 9:59",
      "10/1/15 0:00",
      14 * HOUR_MS + 60_000,
    ],
    [
      "M/d/yy H:mm",
      "UTC",
      "09/30/15 9:59",
      "10/1/15 0:00",
      14 * HOUR_MS + 60_000,
    ],
    [
      "dd MMM yyyy HH:mm:ss.SSS",
      "UTC",
      "31 DEC 2015 23:59:59.999",
      "01 JAN 2016 00:00:00.001",
      2,
    ],
    [
      "dd MMM yyyy HH:mm:ss.SSSSSS",
      "UTC",
      "31 Dec 2015 23:59:59.999123",
      "01 Jan 2016 00:00:00.001123",
      2,
    ],
    [
      "yyyyMMdd'T'HHmmssZ",
      "UTC",
      "20151231T233000+0530",
      "20160101T003000+0530",
      HOUR_MS,
    ],
    [
      "yyyy-MM-dd HH:mm:ssXXX",
      "America/New_York",
      "2015-12-31 23:30:00-05:00",
      "2016-01-01 00:30:00-05:00",
      HOUR_MS,
    ],
    // Over the beginning and the end of summer time.
    [
      "MM/dd/yyyy HH:mm",
      "America/New_York",
      "03/13/2016 01:30",
      "03/13/2016 03:30",
      HOUR_MS,
    ],
    [
      "MM/dd/yyyy HH:mm",
      "America/New_York",
      "11/06/2016 00:30",
      "11/06/2016 01:30",
      2 * HOUR_MS,
    ],
    [
      "iso",
      "America/New_York",
      "2016-03-13 01:30:00",
      "2016-03-13 03:30:00",
      HOUR_MS,
    ],
    [
      "iso",
      "Europe/London",
      "2016-01-01T12:00:00.5",
      "2016-07-01T13:00:00.5",
      182 * 24 * HOUR_MS,
    ],
  ];
  for (const [format, timeZone, before, after, shiftMs] of cases) {
    const timestamps = new Timestamps({ format, timeZone });
    const line = (text: string) => `{"n":1, "ts" : "${text}","x":"\\"7/4"}\n`;
    const { text, timeMs } = moved(line(before), shiftMs, timestamps);
    t.equal(text, line(after), `${format} ${timeZone}`);
    t.equal(timeMs, timestamps.readMs(after));
  }
});

t.test("a moved time reads as the old one and the shift", async (t) => {
  const forms = [
    ["MM/dd/yyyy hh:mm:ss a", "03/05/2016 07:08:09 AM", 1_000],
    ["d MMM yyyy H:mm:ss.SSS", "5 mar 2016 7:08:09.123", 1],
    ["yyyyMMddHHmm", "201603050708", 60_000],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", "2016-03-05T07:08:09+02:00", 1_000],
    ["iso", "2016-03-05T07:08:09.123", 1],
    ["iso", "2016-03-05 07:08", 60_000],
  ] as const;
  const zones = [
    "UTC",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...forms),
      fc.constantFrom(...zones),
      fc.integer({ min: -500_000_000_000, max: 500_000_000_000 }),
      ([format, text, unitMs], timeZone, someMs) => {
        const timestamps = new Timestamps({ format, timeZone });
        const shiftMs = Math.trunc(someMs / unitMs) * unitMs;
        const found = timestamps.moved(text, shiftMs) ?? "";
        const { firstMs, secondMs } = timestamps.read(found);
        const expected = timestamps.readMs(text) + shiftMs;
        t.ok(firstMs === expected || secondMs === expected, `${found}`);
      },
    ),
  );
});

t.test("other times move too, and names of members don't", async (t) => {
  const timestamps = new Timestamps({ format: "MM/dd/yyyy" });
  const { text } = moved(
    '{"ts":"01\\/31\\/2016","01/31/2016":"2016-01-31T00:00:00Z","note":"on 01/31/2016"}\n',
    24 * HOUR_MS,
    timestamps,
  );
  t.equal(
    text,
    '{"ts":"02/01/2016","01/31/2016":"2016-02-01T00:00:00Z","note":"on 01/31/2016"}\n',
  );
});

t.test("a year that the form can't say is refused", async (t) => {
  const timestamps = new Timestamps({ format: "M/d/yy" });
  t.throws(() => moved('{"ts":"1/1/99"}\n', 366 * 24 * HOUR_MS, timestamps), {
    code: "FD_SOURCE",
    message: /its form can say/,
  });
});

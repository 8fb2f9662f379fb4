/**
 * Moving the times in events. Goal: each time is what Date makes of it, in the
 * form it had, and nothing else of the line changes.
 */
import fc from "fast-check";
import t from "tap";
import { parseTimeMs } from "../../../engine/job/time.ts";
import type { EventChunk } from "../../../engine/replay/event_chunk.ts";
import { TimeShifter } from "../../../engine/replay/time_shifter.ts";

function chunkOf(lines: readonly string[], timesMs: readonly number[]) {
  // As if a block began with something else.
  const bytes = Buffer.from(`before${lines.join("")}after`);
  const starts = new Uint32Array(lines.length);
  const ends = new Uint32Array(lines.length);
  let end = 6;
  lines.forEach((line, i) => {
    starts[i] = end;
    end += Buffer.byteLength(line);
    ends[i] = end;
  });
  return {
    bytes,
    count: lines.length,
    starts,
    ends,
    timesMs: Float64Array.from(timesMs),
    position: { part: "test", version: "", offset: 0, ordinal: 0 },
  };
}

function linesOf({ bytes, count, starts, ends }: EventChunk): string[] {
  return Array.from({ length: count }, (_, i) =>
    bytes.toString("utf8", starts[i], ends[i]),
  );
}

/** Writers of the forms the engine reads; each cuts off what it can't say. */
const FORMS: readonly ((date: Date) => string)[] = [
  (date) => date.toISOString(),
  (date) => date.toISOString().replace("Z", "000Z"),
  (date) => date.toISOString().slice(0, 19),
  (date) => date.toISOString().slice(0, 19).replace("T", " "),
  (date) => `${date.toISOString().slice(0, 16)}Z`,
  (date) => `${date.toISOString().slice(0, 21)}Z`,
  (date) =>
    `${new Date(date.getTime() + 19_800_000).toISOString().slice(0, 19)}+05:30`,
  (date) =>
    `${new Date(date.getTime() - 18_000_000).toISOString().slice(0, 23)}-05:00`,
];

const TIME_MS = fc.integer({ min: -2_000_000_000_000, max: 9_000_000_000_000 });

t.test("TimeShifter moves times of every form", async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(TIME_MS, fc.nat({ max: FORMS.length - 1 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.integer({ min: -3_000_000_000_000, max: 3_000_000_000_000 }),
      fc.boolean(),
      (times, someMs, isWhole) => {
        // Forms without fractions or seconds are exact for whole minutes.
        const stepMs = isWhole ? 60_000 : 1;
        const shiftMs = Math.trunc(someMs / stepMs) * stepMs;
        const form = (index: number) => FORMS[index] ?? FORMS[0]!;
        const line = (moveMs: number) =>
          `{"n":1,${times
            .map(([timeMs, index], i) => {
              const text = form(index)(new Date(timeMs));
              const moved = form(index)(new Date(parseTimeMs(text) + moveMs));
              return `"a${i}":"${moved}"`;
            })
            .join(",")},"note":"2016-01-01T00:00:00Z was"}\n`;
        const before = line(0);
        const [first] = times;
        const firstText = form(first![1])(new Date(first![0]));
        const chunk = chunkOf([before], [parseTimeMs(firstText)]);
        const shifter = new TimeShifter("test");
        const moved = shifter.shifted(chunk, Float64Array.of(shiftMs));
        t.strictSame(linesOf(moved), [line(shiftMs)]);
        t.equal(moved.timesMs[0], parseTimeMs(firstText) + shiftMs);
        t.strictSame(linesOf(chunk), [before], "the chunk is as it was");
      },
    ),
    { numRuns: 300 },
  );
});

t.test("TimeShifter moves numbers of seconds, ms and µs", async (t) => {
  for (const [unitMs, resolutionMs] of [
    [1_000, 1_000],
    [1, 1],
    [0.001, 1],
  ] as const) {
    const timeMs = 1_451_606_400_000;
    const at = (ms: number) =>
      `{"id":7,"x":{"at" : ${ms / unitMs},"to":"2016-01-01 00:00:10"}}\n`;
    const chunk = chunkOf([at(timeMs), at(timeMs + 5_000)], [timeMs, timeMs]);
    const shifter = new TimeShifter("test");
    const moved = shifter.shifted(chunk, Float64Array.of(86_400_000, 1_000));
    t.strictSame(linesOf(moved), [
      at(timeMs + 86_400_000).replace("01-01", "01-02"),
      at(timeMs + 6_000).replace(":10", ":11"),
    ]);
    t.equal(shifter.resolutionMs, resolutionMs);
  }
});

t.test("TimeShifter moves numbers as strings and with fractions", async (t) => {
  const timeMs = 1_451_606_400_250;
  const [dayMs, other] = [86_400_000, '"to":"2016-01-01 00:00:10"'];
  for (const [before, after, movedMs] of [
    ['"1451606400250"', '"1451692801253"', timeMs + dayMs + 1_003],
    ['"1451606400.250"', '"1451692801.253"', timeMs + dayMs + 1_003],
    ["1451606400.25", "1451692801.25", timeMs + dayMs + 1_000],
    ["1451606400.250999", "1451692801.253999", timeMs + dayMs + 1_003],
    ['"1451606400250000"', '"1451692801253000"', timeMs + dayMs + 1_003],
    ["1451606400250.5", "1451692801253.5", timeMs + dayMs + 1_003],
  ] as const) {
    const line = (at: string) =>
      `{"id":7,"x":{"n":"7","at" : ${at},${other}}}\n`;
    const chunk = chunkOf([line(before)], [timeMs]);
    const moved = new TimeShifter("test").shifted(
      chunk,
      Float64Array.of(dayMs + 1_003),
    );
    const expected = line(after).replace("01-01 00:00:10", "01-02 00:00:11");
    t.strictSame(linesOf(moved), [expected]);
    t.equal(moved.timesMs[0], movedMs, "as the text says it");
    t.strictSame(linesOf(chunk), [line(before)], "the chunk is as it was");
  }
});

t.test("TimeShifter gives epoch strings more or fewer digits", async (t) => {
  const moved = (at: string, timeMs: number, shiftMs: number) =>
    linesOf(
      new TimeShifter("test").shifted(
        chunkOf([`{"at":${at}}`], [timeMs]),
        Float64Array.of(shiftMs),
      ),
    );
  t.strictSame(moved('"999999999"', 999_999_999_000, 1_000), [
    '{"at":"1000000000"}',
  ]);
  t.strictSame(moved('"0.5"', 500, -1_250), ['{"at":"-0.8"}']);
  t.strictSame(moved("0.05", 50, 950), ['{"at":1.00}']);
});

t.test(
  "TimeShifter gives an event the time that whole seconds say",
  async (t) => {
    const [timeMs, shiftMs] = [1_451_606_400_000, 1_700];
    const lines = ['{"at":1451606400}', '{"at":1451606400.5}'];
    const chunk = chunkOf(lines, [timeMs, timeMs + 500]);
    const shifts = Float64Array.of(shiftMs, shiftMs);
    const moved = new TimeShifter("test").shifted(chunk, shifts);
    t.strictSame(linesOf(moved), ['{"at":1451606401}', '{"at":1451606401.5}']);
    t.strictSame([...moved.timesMs], [timeMs + 1_000, timeMs + 1_500]);
  },
);

t.test("TimeShifter says what it can't move", async (t) => {
  const shifted = (line: string, timeMs: number, shiftMs: number) => () =>
    new TimeShifter("file.jsonl").shifted(
      chunkOf([line], [timeMs]),
      Float64Array.of(shiftMs),
    );
  const noTime = {
    code: "FD_SOURCE",
    message: /^Cannot move the times of "file.jsonl" as .*leave --loop/,
  };
  t.throws(shifted('{"at":"1 May 2016"}', 1_462_060_800_000, 1), noTime);
  t.throws(
    shifted('{"at":"2016-01-01T00:00:00Z"}', 1_451_606_400_000, 1e15),
    noTime,
  );
  t.throws(shifted('{"at":999999999}', 999_999_999_000, 2_000), noTime);
});

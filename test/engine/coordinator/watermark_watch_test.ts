import { pino } from "pino";
import t from "tap";
import type { Clock } from "../../../engine/clock.ts";
import { WatermarkWatch } from "../../../engine/coordinator/watermark_watch.ts";
import type { WatermarkStrategy } from "../../../engine/job/spec.ts";

function rig(strategy: WatermarkStrategy = "punctuated") {
  let nowMs = 0;
  const clock = {
    monotonicMs: () => nowMs,
    nowMs: () => 1_000_000 + nowMs,
  } as Clock;
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line) => lines.push(line) });
  const watch = new WatermarkWatch({ clock, log, strategy });
  return {
    watch,
    lines,
    /** A flush after which these are the shards' watermarks, by id. */
    flush(
      atMs: number,
      shards: Record<string, number>,
      watermarksTaken = 1,
    ): void {
      nowMs = atMs;
      const [[shardId, watermarkMs]] = Object.entries(shards).sort(
        ([, a], [, b]) => a - b,
      ) as [[string, number]];
      watch.note({
        slowest: { shardId, watermarkMs },
        watermarkMs,
        greatestMs: Math.max(...Object.values(shards)),
        records: 5,
        watermarksTaken,
      });
    },
  };
}

t.test("WatermarkWatch names the holder and since when", async (t) => {
  const { watch, flush } = rig();
  t.equal(watch.holder, null);
  flush(10, { a: 5, b: 9 });
  t.same(watch.holder, { shardId: "a", sinceMs: 1_000_010 });
  flush(20, { a: 5, b: 12 });
  t.same(watch.holder, { shardId: "a", sinceMs: 1_000_010 });
  flush(30, { a: 6, b: 12 });
  t.same(watch.holder, { shardId: "a", sinceMs: 1_000_030 }, "it has moved");
  flush(40, { a: 20, b: 12 });
  t.same(watch.holder, { shardId: "b", sinceMs: 1_000_040 });
});

t.test("WatermarkWatch warns once of a shard that holds it back", async (t) => {
  const { lines, flush } = rig();
  flush(0, { a: 5, b: 9 });
  flush(59_999, { a: 5, b: 20 });
  t.same(lines, []);
  flush(60_000, { a: 5, b: 21 });
  flush(70_000, { a: 5, b: 22 });
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? ""), {
    shard: "a",
    since: new Date(1_000_000).toISOString(),
    msg: /"a" holds the watermark back.*--idle-timeout/,
  });
  const alone = rig();
  alone.flush(0, { a: 5 });
  alone.flush(90_000, { a: 5 });
  t.same(alone.lines, [], "alone it holds nobody back");
});

t.test("WatermarkWatch warns once of a stream without them", async (t) => {
  const { lines, flush } = rig();
  const none = { a: Number.NEGATIVE_INFINITY };
  flush(0, none, 0);
  flush(50_000, none, 1);
  flush(60_000, none, 0);
  flush(119_000, none, 0);
  t.same(lines, []);
  flush(120_000, none, 0);
  flush(300_000, none, 0);
  t.equal(lines.length, 1);
  t.match(lines[0], /--watermarks bounded/);
  const bounded = rig("bounded");
  bounded.flush(0, none, 0);
  bounded.flush(90_000, none, 0);
  t.same(bounded.lines, [], "they come from event times");
});

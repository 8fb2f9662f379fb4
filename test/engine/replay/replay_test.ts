/**
 * The replay as a whole. Goal: every event arrives once, at its time, and a
 * watermark is true whatever fails. Method: a stream in memory that judges each
 * watermark against everything it holds at that moment, and a clock that never
 * waits; once, at the end, the local Kinesis over HTTP.
 */
import t, { type Test } from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { noAnswer } from "../../../engine/kinesis/request_error.ts";
import { Random } from "../../../engine/replay/random.ts";
import { startReplay } from "../../../engine/replay/replay.ts";
import type { ReplayStatistics } from "../../../engine/replay/replay_statistics.ts";
import { JumpingClock } from "../kinesis/jumping_clock.ts";
import { MemoryStream } from "../kinesis/memory_stream.ts";
import { ArraySource, type NumberedEvent } from "./array_source.ts";
import {
  chunked,
  eventsOf,
  JudgingStream,
  replayOptions,
  START_MS,
  upTo,
} from "./judging_stream.ts";

t.test("watermarks are true whatever fails on the way", async (t) => {
  const random = new Random(17);
  const clock = new JumpingClock();
  const events = eventsOf(6_000, 30_000);
  const stream = new JudgingStream(events, clock, {
    shardCount: 5,
    judge: () =>
      random.unit() < 0.2 ? "ProvisionedThroughputExceededException" : "",
    before: async (_, index) => {
      if (index % 11 === 5) throw noAnswer("cut");
      await clock.sleep(random.unit() * 40);
      return undefined;
    },
  });
  const source = new ArraySource(chunked(events, 250));
  const replay = await startReplay({
    ...replayOptions(stream, source, clock),
    speedup: 2_000,
    watermarkIntervalMs: 50,
  });
  const summary = await replay.finished;
  t.strictSame(stream.violations, []);
  t.strictSame(stream.numbers, upTo(6_000));
  t.equal(summary.events, 6_000);
  t.equal(summary.lateEvents, 0);
  t.equal(summary.endedBy, "data");
  t.ok(summary.put.refused > 100);
  const last = Math.max(...events.map(([, timeMs]) => timeMs));
  t.equal(stream.watermarks.size, 5);
  for (const watermarks of stream.watermarks.values()) {
    t.equal(watermarks.at(-1), last, "the last one is the last event's time");
    t.ok(watermarks.length > 5, `${watermarks.length} watermarks`);
  }
  t.ok(stream.isClosed);
});

t.test("events arrive when event time times the speedup says so", async (t) => {
  const clock = new JumpingClock();
  const events = eventsOf(3_000);
  const stream = new JudgingStream(events, clock);
  const lines: string[] = [];
  const statistics: ReplayStatistics[] = [];
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource([events]), clock),
    speedup: 100,
    statisticsIntervalMs: 1_000,
    onStatistics: (figures, line) => {
      statistics.push(figures);
      lines.push(line);
    },
  });
  const { elapsedMs, line } = await replay.finished;
  const early = stream.arrivals.filter(
    ({ atMs, number }) => atMs < number * 10,
  );
  t.strictSame(early, []);
  const late = stream.arrivals.filter(
    ({ atMs, number }) => atMs > number * 10 + 200,
  );
  t.strictSame(late, []);
  t.ok(elapsedMs > 29_990 && elapsedMs < 30_500, `${elapsedMs} ms`);
  t.ok(lines.length >= 29);
  t.match(
    lines[14],
    /^all events with drop-off before 2016-01-01T00:2[45]:.*Z have been sent, (99|100|101) events\/s, lag 0\.[01] s, 3 unparsable$/,
  );
  t.ok((statistics[14]?.lagMs ?? 1e9) < 200);
  t.equal(statistics[14]?.shards, 4);
  t.match(line, /before 2016-01-01T00:49:59\.001Z have been sent/);
});

t.test("an event far too early or far ahead is no trouble", async (t) => {
  const clock = new JumpingClock();
  const warnings: string[] = [];
  const events: NumberedEvent[] = eventsOf(200);
  events[50] = [50, Date.parse("9998-01-01T00:00:00Z")];
  events.push([200, Date.parse("2020-01-01T00:00:00Z")]);
  events.push([201, Date.parse("1900-01-01T00:00:00Z")]);
  const stream = new JudgingStream(events, clock);
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource([events]), clock),
    speedup: 10,
    watermarkIntervalMs: 500,
    onWarning: (line) => warnings.push(line),
  });
  const { lateEvents, elapsedMs } = await replay.finished;
  t.strictSame(stream.numbers, upTo(202));
  t.strictSame(stream.violations, []);
  t.equal(lateEvents, 0);
  t.ok(elapsedMs < 60_000, `${elapsedMs} ms`);
});

t.test("a gap that nobody waits for is skipped and said", async (t) => {
  const clock = new JumpingClock();
  const warnings: string[] = [];
  const events: NumberedEvent[] = [
    [0, START_MS],
    [1, START_MS + 86_400_000],
    [2, START_MS + 86_401_000],
  ];
  const stream = new JudgingStream(events, clock);
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource([events]), clock),
    speedup: 1,
    onWarning: (line) => warnings.push(line),
  });
  const { elapsedMs } = await replay.finished;
  t.ok(elapsedMs < 5_000);
  t.strictSame(warnings, [
    "a gap in the data before 2016-01-02T00:00:00.000Z is skipped",
  ]);
});

t.test("disorder beyond what is read ahead is counted as late", async (t) => {
  const clock = new JumpingClock();
  const events = eventsOf(140_000);
  events[139_999] = [139_999, START_MS - 1];
  const stream = new MemoryStream();
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource(chunked(events, 1_000)), clock),
    watermarkIntervalMs: 10,
  });
  const { lateEvents, events: sent, line } = await replay.finished;
  t.equal(sent, 140_000);
  t.equal(lateEvents, 1);
  t.match(line, /1 late/);
});

t.test("the source is read no further ahead than it must", async (t) => {
  const clock = new JumpingClock();
  const events = eventsOf(20_000);
  const source = new ArraySource(chunked(events, 1_000), { isOrdered: true });
  const stream = new JudgingStream(events, clock);
  const replay = await startReplay({
    ...replayOptions(stream, source, clock),
    limit: 1_500,
  });
  const { events: sent, endedBy } = await replay.finished;
  t.equal(sent, 1_500);
  t.equal(endedBy, "limit");
  t.ok(source.chunksRead <= 6, `${source.chunksRead} chunks`);
  t.strictSame(stream.numbers, upTo(1_500));
  t.strictSame(stream.violations, []);
  for (const watermarks of stream.watermarks.values()) {
    t.equal(watermarks.at(-1), START_MS + 1_499_000);
  }
});

t.test("stop() and durationMs finish what was handed over", async (t) => {
  for (const byDuration of [false, true]) {
    const clock = new JumpingClock();
    const events = eventsOf(10_000);
    const stream = new JudgingStream(events, clock);
    const replay = await startReplay({
      ...replayOptions(stream, new ArraySource([events]), clock),
      speedup: 1_000,
      ...(byDuration ? { durationMs: 3_000 } : {}),
      watermarkIntervalMs: 100,
      statisticsIntervalMs: 3_000,
      onStatistics: () => {
        if (!byDuration) replay.stop();
      },
    });
    const summary = await replay.finished;
    t.equal(summary.endedBy, "stop");
    t.ok(summary.events > 2_900 && summary.events < 3_100, `${summary.events}`);
    t.strictSame(stream.numbers, upTo(summary.events));
    t.strictSame(stream.violations, []);
    t.equal(summary.put.enqueued, summary.events);
  }
});

t.test("a source that fails ends the replay with its error", async (t) => {
  const clock = new JumpingClock();
  const error = new FlagdropError("FD_SOURCE", 'Cannot read "x": gone');
  const source = new ArraySource([eventsOf(10)], { error });
  const stream = new MemoryStream();
  const replay = await startReplay(replayOptions(stream, source, clock));
  await t.rejects(replay.finished, error);
  t.ok(stream.isClosed);
});

t.test("a stream that fails ends the replay with its error", async (t) => {
  const clock = new JumpingClock();
  const events = eventsOf(5_000);
  const stream = new MemoryStream({
    before: async (_, index) =>
      index < 4
        ? undefined
        : {
            status: 400,
            headers: { "x-amzn-errortype": "AccessDeniedException" },
            bytes: Buffer.from('{"message":"no"}'),
          },
  });
  const source = new ArraySource(chunked(events, 100));
  const replay = await startReplay({
    ...replayOptions(stream, source, clock),
    speedup: 100,
  });
  await t.rejects(replay.finished, { code: "FD_CREDENTIALS" });
  t.ok(stream.isClosed);
});

t.test("an endpoint that can't be reached is one line", async (t: Test) => {
  const clock = new JumpingClock();
  const stream = new MemoryStream();
  await t.rejects(
    startReplay({
      ...replayOptions(stream, new ArraySource([]), clock),
      listShards: async () => {
        throw new FlagdropError("FD_NETWORK", "Cannot reach Kinesis: check");
      },
    }),
    { code: "FD_NETWORK" },
  );
  t.ok(stream.isClosed);
});

t.test("a source without events ends at once", async (t) => {
  const clock = new JumpingClock();
  const stream = new MemoryStream();
  const replay = await startReplay(
    replayOptions(stream, new ArraySource([[]]), clock),
  );
  const { events, line } = await replay.finished;
  t.equal(events, 0);
  t.equal(stream.all.length, 0, "not even a watermark");
  t.match(line, /before - have been sent/);
});

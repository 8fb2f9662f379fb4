/** Rounds over the same data, and times that are moved on the way. */
import t from "tap";
import type { AdaptTime } from "../../../engine/replay/adapt_time.ts";
import type { EventSource } from "../../../engine/replay/event_chunk.ts";
import {
  type InputChunk,
  ReplayInput,
  type ReplayInputOptions,
} from "../../../engine/replay/replay_input.ts";
import { JumpingClock } from "../kinesis/jumping_clock.ts";
import { ArraySource, type NumberedEvent } from "./array_source.ts";

const START_MS = Date.parse("2015-06-01T00:00:00Z");

/** Three chunks of ten events, two seconds apart. */
const EVENTS: NumberedEvent[] = Array.from({ length: 30 }, (_, i) => [
  i,
  START_MS + i * 2_000,
]);
const CHUNKS = [EVENTS.slice(0, 10), EVENTS.slice(10, 20), EVENTS.slice(20)];
const SPAN_MS = 29 * 2_000;

function inputOf(options: Partial<ReplayInputOptions>): ReplayInput {
  const source: EventSource = new ArraySource(CHUNKS);
  return new ReplayInput({
    source,
    clock: new JumpingClock(),
    speedup: 100,
    ...options,
  });
}

/** Events as they are written, up to some count. */
async function eventsOf(input: ReplayInput, count: number) {
  const events: { n: number; t: number }[] = [];
  const chunks: InputChunk[] = [];
  for await (const chunk of input.read()) {
    chunks.push(chunk);
    for (let i = 0; i < chunk.count; i++) {
      const text = chunk.bytes.toString("utf8", chunk.starts[i], chunk.ends[i]);
      const event = JSON.parse(text);
      t.equal(event.t, chunk.timesMs[i], "the event says what its chunk says");
      events.push(event);
    }
    if (events.length >= count) break;
  }
  return { events: events.slice(0, count), chunks };
}

t.test("rounds follow each other by what the data span", async (t) => {
  const { events, chunks } = await eventsOf(inputOf({ loop: true }), 90);
  events.forEach(({ n, t: timeMs }, i) => {
    const round = Math.floor(i / 30);
    t.equal(n, i % 30);
    t.equal(timeMs, START_MS + n * 2_000 + round * SPAN_MS);
  });
  t.strictSame(
    chunks.map(({ round }) => round),
    [0, 0, 0, 1, 1, 1, 2, 2, 2],
  );
});

t.test("without loop the data come once, as they are", async (t) => {
  const { events } = await eventsOf(inputOf({}), 1_000);
  t.strictSame(
    events.map(({ n, t: timeMs }) => [n, timeMs]),
    EVENTS,
  );
});

t.test("a run goes on in the round in which another has stopped", async (t) => {
  for (const adaptTime of ["original", "invocation"] satisfies AdaptTime[]) {
    const first = inputOf({ loop: true, adaptTime });
    const whole = await eventsOf(first, 120);
    const chunk = whole.chunks[7];
    const second = inputOf({
      loop: true,
      adaptTime,
      // Another moment: what follows must not depend on it.
      clock: Object.assign(new JumpingClock(), { nowMs: () => 5_000_000 }),
      start: {
        position: chunk!.position,
        skipEvents: 3,
        round: { round: chunk!.round, shiftMs: chunk!.shiftMs },
        span: first.span,
      },
    });
    const rest = await eventsOf(second, 47);
    t.strictSame(rest.events, whole.events.slice(73));
  }
});

t.test("a run that stopped at a round's end begins the next", async (t) => {
  const input = inputOf({
    loop: true,
    start: {
      position: { part: "array", version: "", offset: 20, ordinal: 20 },
      skipEvents: 10,
      round: { round: 4, shiftMs: 4 * SPAN_MS },
      span: { leastMs: START_MS, greatestMs: START_MS + SPAN_MS },
    },
  });
  const { events } = await eventsOf(input, 2);
  t.strictSame(events, [
    { n: 0, t: START_MS + 5 * SPAN_MS },
    { n: 1, t: START_MS + 5 * SPAN_MS + 2_000 },
  ]);
});

t.test("rounds without events end", async (t) => {
  const source = new ArraySource([[], []]);
  const { events } = await eventsOf(inputOf({ loop: true, source }), 1);
  t.strictSame(events, []);
});

t.test("what can be read only once has no second round", async (t) => {
  const source = Object.assign(new ArraySource(CHUNKS), {
    isRepeatable: false as true,
  });
  t.throws(() => inputOf({ loop: true, source }), {
    code: "FD_OPTION",
    message:
      'Cannot replay "array" in rounds as it can be read only once: leave --loop away',
  });
});

t.test("times of invocation begin now, and keep their distance", async (t) => {
  const clock = new JumpingClock();
  const input = inputOf({ clock, adaptTime: "invocation", loop: true });
  const { events } = await eventsOf(input, 60);
  const [first] = events;
  const aheadMs = clock.nowMs() - first!.t;
  t.ok(aheadMs >= 0 && aheadMs < 1_000, "whole seconds stay whole seconds");
  events.forEach(({ t: timeMs }, i) => {
    const atMs = (i % 30) * 2_000 + Math.floor(i / 30) * SPAN_MS;
    t.equal(timeMs, first!.t + atMs);
  });
});

t.test("times of ingestion are those at which events are due", async (t) => {
  const clock = new JumpingClock();
  const input = inputOf({ clock, adaptTime: "ingestion", loop: true });
  const { events } = await eventsOf(input, 60);
  events.forEach(({ t: timeMs }, i) => {
    const atMs = (i % 30) * 2_000 + Math.floor(i / 30) * SPAN_MS;
    t.equal(timeMs, clock.nowMs() + atMs / 100);
  });
  const speedup = Number.POSITIVE_INFINITY;
  const atOnce = inputOf({ clock, adaptTime: "ingestion", speedup });
  for (const { t: timeMs } of (await eventsOf(atOnce, 30)).events) {
    t.equal(timeMs, clock.nowMs());
  }
});

import { setImmediate as turn } from "node:timers/promises";
import t from "tap";
import { systemClock } from "../../../engine/clock.ts";
import type {
  FlushMessage,
  WorkerMessage,
  WorkerStart,
} from "../../../engine/messages.ts";
import { unpackSection } from "../../../engine/tally/tally_columns.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";
import { LineBatch } from "../../../workers/file/line_batch.ts";
import { Flusher } from "../../../workers/kinesis/flusher.ts";
import type { ShardReader } from "../../../workers/kinesis/shard_reader.ts";
import { ShardState } from "../../../workers/kinesis/shard_state.ts";
import type { ShardAnswer } from "../../../workers/record_batch.ts";
import { TallyOperator } from "../../../workers/tally/tally_operator.ts";
import { PLAN } from "../../helpers/taxi.ts";

const HOUR_MS = 3_600_000;

function answer(change: Partial<ShardAnswer> = {}): ShardAnswer {
  return {
    sequenceNumber: "7",
    arrivalMs: 0,
    millisBehindLatest: 0,
    payloadBytes: 0,
    ended: false,
    childShards: [],
    ...change,
  };
}

function watermark(epochMs: number): string {
  const text = new Date(epochMs).toISOString();
  return JSON.stringify({ type: "watermark", watermark: text });
}

/** A flusher whose timer never comes, and what it has sent. */
function rig(t: { teardown(undo: () => void): void }, credits = 2) {
  const operator = new TallyOperator({
    plan: PLAN,
    decoder: new JsonDecoder(PLAN),
    watermarkAheadMaxMs: Number.POSITIVE_INFINITY,
    late: "drop",
  });
  const shards = new Map<string, ShardState>();
  const sent: FlushMessage[] = [];
  const flusher = new Flusher({
    start: { epoch: 3, credits, flushIntervalMs: HOUR_MS } as WorkerStart,
    post: (message: WorkerMessage) => {
      if (message.type === "flush") sent.push(message);
    },
    fail: (error) => {
      throw error;
    },
    clock: systemClock,
    operator,
    shards,
  });
  t.teardown(() => flusher.close());
  const reader = { throttledCount: 4 } as ShardReader;
  const add = (shardId: string) => {
    const tally = operator.shard({
      shardId,
      watermarkMs: Number.NEGATIVE_INFINITY,
      dedupe: null,
    });
    const state = new ShardState(tally, reader);
    shards.set(shardId, state);
    return {
      state,
      take(lines: string[], change: Partial<ShardAnswer> = {}) {
        const batch = new LineBatch();
        batch.reset(Buffer.from(lines.join("\n")), 0, 0);
        while (batch.next()) operator.consume(tally, batch);
        state.note(answer(change), 1);
        flusher.noteAnswer(state, 1);
      },
    };
  };
  return { flusher, sent, shards, add };
}

t.test(
  "Flusher sends at once when a watermark has closed a window",
  async (t) => {
    const { sent, add } = rig(t);
    const a = add("a");
    const b = add("b");
    a.take(["rubbish"]);
    await turn();
    t.equal(sent.length, 0, "a record alone waits for the timer");
    b.take([watermark(600_000)]);
    a.take(["more rubbish"]);
    await turn();
    t.equal(sent.length, 1, "answers of one turn go together");
    t.match(sent[0], {
      epoch: 3,
      flushNumber: 0,
      shards: [
        { shardId: "a", counts: { read: 2, dead: 2 }, throttled: 4 },
        { shardId: "b", watermarkMs: 600_000 },
      ],
    });
    t.equal(sent[0]?.deadLetters.length, 2);
  },
);

t.test("Flusher waits for a credit", async (t) => {
  const { flusher, sent, add } = rig(t, 1);
  const a = add("a");
  a.take([watermark(600_000)]);
  await turn();
  a.take([watermark(1_200_000)]);
  await turn();
  t.equal(sent.length, 1);
  flusher.credit();
  await turn();
  t.equal(sent.length, 2);
  t.equal(sent[1]?.flushNumber, 1);
});

t.test("Flusher says twice-empty shards at once, and only once", async (t) => {
  const { sent, add } = rig(t);
  const a = add("a");
  const empty = { sequenceNumber: "", arrivalMs: Number.NaN };
  a.take([], empty);
  await turn();
  t.equal(sent.length, 0);
  a.take([], empty);
  a.take([], empty);
  await turn();
  t.equal(sent.length, 1);
  t.ok(sent[0]?.shards[0]?.atTip);
  a.take([], empty);
  await turn();
  t.equal(sent.length, 1, "nothing new to say");
  a.take([], { ...empty, millisBehindLatest: 5 });
  t.notOk(a.state.atTip, "empty but behind is not the tip");
});

t.test("Flusher lets an ended shard go with its last flush", async (t) => {
  const { sent, shards, add } = rig(t);
  const a = add("a");
  a.take([], { ended: true });
  await turn();
  t.ok(sent[0]?.shards[0]?.ended);
  t.equal(shards.size, 0);
});

t.test("Flusher.flushed() resolves with the next flush", async (t) => {
  const { flusher, sent, add } = rig(t);
  const a = add("a");
  a.take(["rubbish"]);
  await flusher.flushed();
  t.equal(sent.length, 1);
});

t.test("Flusher.close() sends what is left without a credit", async (t) => {
  const { flusher, sent, add } = rig(t, 0);
  const a = add("a");
  a.take(["rubbish"]);
  a.state.release();
  flusher.close();
  t.ok(sent[0]?.shards[0]?.released);
});

t.test("ShardState shows life though there is nothing new", async (t) => {
  const { add } = rig(t);
  const { state } = add("a");
  const empty = answer({ sequenceNumber: "" });
  state.note(empty, 1);
  state.note(empty, 2);
  t.equal(state.take(0).busyMs, 3);
  state.note(empty, 0);
  state.showLife(1_000);
  t.notOk(state.dirty, "not with every answer");
  state.showLife(5_000);
  t.ok(state.dirty, "but now and then");
  t.equal(state.take(5_000).busyMs, 0);
  state.showLife(60_000);
  t.notOk(state.dirty, "and never without an answer");
});

/** A trip to JFK that ends so long after the epoch. */
function trip(epochMs: number): string {
  return JSON.stringify({
    type: "trip",
    pickup_lat: 40.75,
    pickup_lon: -73.98,
    dropoff_lat: 40.6467,
    dropoff_lon: -73.7898,
    pickup_datetime: new Date(epochMs - 60_000).toISOString(),
    dropoff_datetime: new Date(epochMs).toISOString(),
  });
}

t.test(
  "Flusher's tallies stand until their credit, in few buffers",
  async (t) => {
    const credits = 2;
    const { flusher, sent, add } = rig(t, credits);
    const a = add("a");
    const minutesOf = (flush: FlushMessage | undefined) => {
      const { sections = [], buffer = new ArrayBuffer(0) } =
        flush?.tallies ?? {};
      return sections.map((section) => {
        const { accumulators, counts } = unpackSection(section, buffer);
        return [
          section.windowStartMs,
          ...counts,
          ...accumulators.flat(),
        ].join();
      });
    };
    const buffers = new Set<ArrayBufferLike>();
    for (let round = 1; round <= 20; round++) {
      const atMs = round * 1_200_000;
      // As many trips as the number of the round, then the window's end.
      a.take(Array.from({ length: round }, () => trip(atMs)));
      a.take([watermark(atMs + 600_000)]);
      await turn();
      t.equal(sent.length, round);
      const before = sent[round - 2];
      if (round % 2 === 0) {
        t.not(before?.tallies.buffer, sent[round - 1]?.tallies.buffer);
        t.match(minutesOf(before)[0], new RegExp(`,${round - 1}(,|$)`, "u"));
        for (let i = 0; i < credits; i++) flusher.credit();
      }
      buffers.add(sent[round - 1]?.tallies.buffer ?? new ArrayBuffer(0));
    }
    t.equal(buffers.size, credits + 1);
  },
);

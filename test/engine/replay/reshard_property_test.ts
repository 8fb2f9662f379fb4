/**
 * Everything at once, drawn from a seed: requests refused in parts and as a
 * whole, answers lost after the stream took the records, shards split and
 * merged, data out of order. Goal, for each seed: every event arrives; what
 * comes twice was in a request whose answer was lost; no event comes for the
 * first time behind a watermark of its shard that is not before it; each
 * watermark is true when it is taken; and all open shards end with the last.
 */
import fc from "fast-check";
import t from "tap";
import { HASH_KEY_MAX } from "../../../engine/kinesis/hash_key.ts";
import { noAnswer } from "../../../engine/kinesis/request_error.ts";
import type { KinesisShard } from "../../../engine/kinesis/shard.ts";
import { Random } from "../../../engine/replay/random.ts";
import { startReplay } from "../../../engine/replay/replay.ts";
import { JumpingClock } from "../kinesis/jumping_clock.ts";
import { evenShards } from "../kinesis/memory_stream.ts";
import { ArraySource } from "./array_source.ts";
import {
  chunked,
  eventsOf,
  JudgingStream,
  replayOptions,
  upTo,
} from "./judging_stream.ts";

const EVENTS = 2_000;
const RUNS = process.env["FLAGDROP_LONG"] ? 300 : 12;

/** Splits a shard, or merges two neighbours. */
function resharded(
  shards: readonly KinesisShard[],
  random: Random,
  nextNumber: () => number,
): KinesisShard[] {
  const made = (
    parents: readonly KinesisShard[],
    from: bigint,
    to: bigint,
  ) => ({
    ...evenShards(1, nextNumber())[0]!,
    parentShardIds: parents.map(({ shardId }) => shardId),
    startingHashKey: String(from),
    endingHashKey: String(to),
  });
  const index = Math.floor(random.unit() * shards.length);
  const shard = shards[index]!;
  const next = shards[index + 1];
  const [from, to] = [
    BigInt(shard.startingHashKey),
    BigInt(shard.endingHashKey),
  ];
  if (next !== undefined && random.unit() < 0.5) {
    const merged = made([shard, next], from, BigInt(next.endingHashKey));
    return [...shards.slice(0, index), merged, ...shards.slice(index + 2)];
  }
  const middle = (from + to) / 2n;
  const children = [
    made([shard], from, middle),
    made([shard], middle + 1n, to),
  ];
  return [...shards.slice(0, index), ...children, ...shards.slice(index + 1)];
}

interface Case {
  readonly seed: number;
  readonly shardCount: number;
  readonly disorderMs: number;
  readonly refuses: number;
  readonly cuts: number;
  readonly loses: number;
  readonly reshards: number;
}

const CASE: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  shardCount: fc.integer({ min: 1, max: 6 }),
  disorderMs: fc.constantFrom(0, 5_000, 60_000),
  refuses: fc.constantFrom(0, 0.2, 0.5),
  cuts: fc.constantFrom(0, 0.1),
  loses: fc.constantFrom(0, 0.1),
  reshards: fc.constantFrom(0, 0.05, 0.2),
});

async function check(one: Case): Promise<void> {
  const random = new Random(one.seed);
  const clock = new JumpingClock();
  const events = eventsOf(EVENTS, one.disorderMs);
  let shardNumber = one.shardCount;
  let lostAnswers = 0;
  const isHit = (probability: number) => random.unit() < probability;
  const stream: JudgingStream = new JudgingStream(events, clock, {
    shardCount: one.shardCount,
    judge: () =>
      isHit(one.refuses) ? "ProvisionedThroughputExceededException" : "",
    before: async () => {
      // Whoever reshards behind the last event may miss the last watermark.
      const isOver = stream.arrivedCount === EVENTS;
      if (isHit(one.reshards) && shardNumber < 40 && !isOver) {
        stream.shards = resharded(stream.shards, random, () => shardNumber++);
      }
      if (isHit(one.cuts)) throw noAnswer("cut");
      await clock.sleep(random.unit() * 40);
      return undefined;
    },
    losesAnswer: () => {
      const isLost = isHit(one.loses);
      if (isLost) lostAnswers++;
      return isLost;
    },
  });
  const replay = await startReplay({
    ...replayOptions(stream, new ArraySource(chunked(events, 250)), clock),
    speedup: 500,
    watermarkIntervalMs: 50,
  });
  const { lateEvents, watermarkMs } = await replay.finished;
  // One under way to a shard that was split comes behind its child's first.
  const wrong = stream.violations.filter(
    (text) => one.reshards === 0 || !text.endsWith("goes back"),
  );
  t.strictSame(wrong, []);
  t.strictSame([...new Set(stream.numbers)], upTo(EVENTS));
  if (lostAnswers === 0) t.strictSame(stream.numbers, upTo(EVENTS), "once");
  t.equal(stream.lateCopies, 0, "copies come before their watermark too");
  t.equal(lateEvents, 0);
  t.equal(watermarkMs, Math.max(...events.map(([, timeMs]) => timeMs)));
  for (const { shardId } of stream.shards) {
    t.equal(stream.watermarks.get(shardId)?.at(-1), watermarkMs, shardId);
  }
  const last = stream.shards.at(-1);
  t.equal(last?.endingHashKey, String(HASH_KEY_MAX), "shards cover all keys");
}

t.test("whatever fails and whoever reshards, the promises hold", async (t) => {
  await fc.assert(fc.asyncProperty(CASE, check), { numRuns: RUNS });
  t.pass(`${RUNS} runs`);
});

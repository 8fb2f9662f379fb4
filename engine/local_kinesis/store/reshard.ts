/**
 * Splits and merges that bring a stream to another number of shards, all of
 * about the same size.
 *
 * @module
 */
import assert from "node:assert/strict";
import { evenHashRanges } from "./hash_range.ts";
import type { LocalShard } from "./local_shard.ts";
import type { LocalStream } from "./local_stream.ts";

/**
 * Ranges that differ by less count as the same: dividing all hash keys by
 * another number leaves another rest.
 */
const SAME_START_DISTANCE_MAX = 1n << 64n;

function byStart(a: LocalShard, b: LocalShard): number {
  return a.hashRange.start < b.hashRange.start ? -1 : 1;
}

function openInOrder(stream: LocalStream): readonly LocalShard[] {
  return stream.openShards.toSorted(byStart);
}

/** Where the wanted shards start; where one starts already, exactly there. */
function wantedStarts(stream: LocalStream, count: number): readonly bigint[] {
  const present = stream.openShards.map(({ hashRange }) => hashRange.start);
  return evenHashRanges(count).map(({ start }) => {
    const near = present.find((one) => {
      const distance = one > start ? one - start : start - one;
      return distance < SAME_START_DISTANCE_MAX;
    });
    return near ?? start;
  });
}

/** Splits a shard at keys within it, the middle one first. */
function splitAt(
  stream: LocalStream,
  shard: LocalShard,
  { starts, nowMs }: { starts: readonly bigint[]; nowMs: number },
): void {
  const middle = starts.length >> 1;
  const start = starts[middle];
  if (start === undefined) return;
  const [low, high] = stream.split(shard, start, nowMs);
  splitAt(stream, low, { starts: starts.slice(0, middle), nowMs });
  splitAt(stream, high, { starts: starts.slice(middle + 1), nowMs });
}

/**
 * Brings a stream to another number of shards. Where the wanted ranges don't
 * fit the present ones, shards come up that are closed at once.
 *
 * @param stream Changed.
 * @param count Of its open shards afterwards.
 * @param nowMs Epoch milliseconds.
 */
export function reshard(
  stream: LocalStream,
  count: number,
  nowMs: number,
): void {
  const wanted = wantedStarts(stream, count);
  for (const shard of openInOrder(stream)) {
    const { start, end } = shard.hashRange;
    const starts = wanted.filter((key) => key > start && key <= end);
    splitAt(stream, shard, { starts, nowMs });
  }
  let last: LocalShard | undefined;
  for (const shard of openInOrder(stream)) {
    const isWanted = wanted.includes(shard.hashRange.start);
    last =
      last === undefined || isWanted ? shard : stream.merge(last, shard, nowMs);
  }
  assert.equal(stream.openShards.length, count);
}

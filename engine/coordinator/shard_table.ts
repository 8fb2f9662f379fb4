/**
 * The shards of a run and their lineage: which may be read, which hold the
 * watermark back, and when everything has been read.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { DedupePlan } from "../job/time_plan.ts";
import type { KinesisShard } from "../kinesis/shard.ts";
import type { ChildShard, ShardStart } from "../kinesis/shard_lineage.ts";
import type { ShardProgress } from "../messages.ts";
import type { ShardKeepingStatus, ShardStatus } from "../status/status.ts";
import { coversRange } from "./covers_range.ts";
import { DedupeMemory } from "./dedupe_memory.ts";
import { readTo } from "./read_to.ts";
import { lagOf } from "./shard_lag.ts";

/** A shard of the run. */
export interface ShardEntry {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  readonly start: ShardStart;
  /** Worker that reads it, -1 for none. */
  worker: number;
  /**
   * `waiting` for its parents, `moving` from the worker that still has it, or
   * from none, to another, `reading`, `ended` but its children not entered yet,
   * or `retired`.
   */
  state: "waiting" | "moving" | "reading" | "ended" | "retired";
  sequenceNumber: string;
  /**
   * Everything that arrived up to this moment, epoch ms, is known to be read;
   * NaN while nothing is known.
   */
  readToMs: number;
  watermarkMs: number;
  behindLatestMs: number;
  /** When the answer that said so came, epoch ms; NaN before the first. */
  answeredAtMs: number;
  atTip: boolean;
  /** Quiet for the idle time-out: it does not hold the watermark back. */
  idle: boolean;
  records: number;
  bytes: number;
  throttled: number;
  reading: ShardStatus["reading"];
  fallbacks: number;
}

type Lineage = Pick<
  KinesisShard,
  "shardId" | "parentShardIds" | "startingHashKey" | "endingHashKey"
>;

/** All shards that the run knows. */
export class ShardTable {
  readonly #entries = new Map<string, ShardEntry>();
  /** What `dedupe` remembers of each shard, as of its position. */
  readonly dedupe: DedupeMemory;

  /** @param dedupe The job's; null when it has none. */
  constructor(dedupe: DedupePlan | null = null) {
    this.dedupe = new DedupeMemory(dedupe);
  }

  /** Every shard, retired ones too, in the order of their discovery. */
  get entries(): IterableIterator<ShardEntry> {
    return this.#entries.values();
  }

  /** A shard by its name. */
  get(shardId: string): ShardEntry | undefined {
    return this.#entries.get(shardId);
  }

  /** Adds a shard; one that is known already stays as it is. */
  add(shard: Lineage | ChildShard, start: ShardStart): void {
    if (this.#entries.has(shard.shardId)) return;
    this.#entries.set(shard.shardId, {
      shardId: shard.shardId,
      parentShardIds: shard.parentShardIds,
      startingHashKey: shard.startingHashKey,
      endingHashKey: shard.endingHashKey,
      start,
      worker: -1,
      state: "waiting",
      sequenceNumber: "",
      readToMs: start.type === "at_timestamp" ? start.timestampMs : Number.NaN,
      watermarkMs: Number.NEGATIVE_INFINITY,
      behindLatestMs: 0,
      answeredAtMs: Number.NaN,
      atTip: false,
      idle: false,
      records: 0,
      bytes: 0,
      throttled: 0,
      reading: "polling",
      fallbacks: 0,
    });
  }

  #parents({ parentShardIds }: ShardEntry): ShardEntry[] {
    return parentShardIds.flatMap((id) => this.#entries.get(id) ?? []);
  }

  /**
   * Waiting shards whose parents have all been read to their end (parents that
   * were trimmed before the run count as read). Each starts with the least of
   * its parents' watermarks.
   */
  takeReady(): ShardEntry[] {
    const ready: ShardEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.state === "moving" && entry.worker < 0) {
        entry.state = "reading";
        ready.push(entry);
      }
      if (entry.state !== "waiting") continue;
      const parents = this.#parents(entry);
      if (!parents.every(hasEnded)) continue;
      if (parents.length > 0) {
        entry.watermarkMs = Math.min(...parents.map((one) => one.watermarkMs));
        this.dedupe.inherit(entry.shardId, entry.parentShardIds);
        // It takes records from when the last of its parents took none.
        entry.readToMs = Math.min(...parents.map((one) => one.readToMs));
      }
      entry.state = "reading";
      ready.push(entry);
    }
    return ready;
  }

  /**
   * Applies how far a worker has read a shard.
   *
   * @param receivedAtMs When the flush's newest answer was received, epoch ms.
   */
  apply(
    worker: number,
    progress: ShardProgress,
    receivedAtMs = Number.NaN,
  ): void {
    const entry = this.#entries.get(progress.shardId);
    assert(entry !== undefined && entry.worker === worker);
    assert(entry.state === "reading" || entry.state === "moving");
    assert(progress.watermarkMs >= entry.watermarkMs);
    if (progress.sequenceNumber !== "") {
      entry.sequenceNumber = progress.sequenceNumber;
    }
    this.dedupe.apply(progress);
    entry.readToMs = readTo(entry.readToMs, progress, receivedAtMs);
    entry.watermarkMs = progress.watermarkMs;
    entry.behindLatestMs = progress.behindLatestMs;
    if (progress.answered) entry.answeredAtMs = receivedAtMs;
    entry.atTip = progress.atTip;
    entry.idle = progress.idle && !progress.ended && !progress.released;
    entry.records += progress.counts.read;
    entry.bytes += progress.counts.bytes;
    entry.throttled += progress.throttled;
    if (progress.released) giveBack(entry);
    entry.reading = progress.reading;
    entry.fallbacks += progress.fallbacks;
    if (!progress.ended) return;
    entry.state = "ended";
    entry.worker = -1;
    for (const child of progress.childShards) {
      // A merge's other parent may be a shard that is still to be discovered:
      // only a listing tells it from one that has been trimmed.
      if (child.parentShardIds.every((id) => this.#entries.has(id))) {
        this.add(child, { type: "trim_horizon" });
      }
    }
  }

  /**
   * Retires ended shards whose children are all entered and reading: only then
   * do they stop holding the watermark back.
   *
   * @returns Ended shards whose children are not known yet.
   */
  retire(): ShardEntry[] {
    const orphans: ShardEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.state !== "ended") continue;
      const children = this.#children(entry.shardId);
      if (!coversRange(entry, children)) orphans.push(entry);
      else if (children.every(({ state }) => state !== "waiting")) {
        entry.state = "retired";
        this.dedupe.forget(entry.shardId);
      }
    }
    return orphans;
  }

  #children(shardId: string): ShardEntry[] {
    return [...this.#entries.values()].filter(({ parentShardIds }) =>
      parentShardIds.includes(shardId),
    );
  }

  /** Shards that count for the watermark. */
  get live(): ShardEntry[] {
    return [...this.#entries.values()].filter(
      ({ state }) => state !== "waiting" && state !== "retired",
    );
  }

  /**
   * The live shard with the least watermark of those that are not idle, if
   * there is one.
   */
  slowest(): ShardEntry | undefined {
    return this.live.reduce<ShardEntry | undefined>(
      (least, entry) =>
        !entry.idle &&
        (least === undefined || entry.watermarkMs < least.watermarkMs)
          ? entry
          : least,
      undefined,
    );
  }

  /**
   * The least watermark of all live shards that are not idle. When all are
   * idle the greatest stands, and without any there is none.
   */
  get watermarkMs(): number {
    const slowest = this.slowest();
    return slowest?.watermarkMs ?? this.greatestMs;
  }

  /** The greatest watermark of all live shards. */
  get greatestMs(): number {
    return this.live.reduce(
      (greatest, { watermarkMs }) => Math.max(greatest, watermarkMs),
      Number.NEGATIVE_INFINITY,
    );
  }

  /** Whether every shard is read up to its tip. */
  get allAtTip(): boolean {
    return [...this.#entries.values()].every(
      ({ state, atTip }) =>
        state === "retired" || (state === "reading" && atTip),
    );
  }

  /** A copy of all shards, for a checkpoint. */
  snapshot(): ShardEntry[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry }));
  }

  /** Takes over a checkpoint's shards: those that were read are to be dealt. */
  restore(entries: readonly ShardEntry[]): void {
    assert(this.#entries.size === 0);
    for (const entry of entries) {
      const state = entry.state === "reading" ? "moving" : entry.state;
      const quiet = { atTip: false, idle: false };
      const restored = { ...entry, worker: -1, state, ...quiet };
      this.#entries.set(entry.shardId, restored);
    }
  }

  /**
   * Takes as read what the stream no longer has: shards begin at its oldest
   * record, and those that it does not list any more have ended.
   *
   * @param listed Ids of the shards that it lists.
   */
  skipTrimmed(
    shardIds: readonly string[],
    { listed, horizonMs }: { listed: ReadonlySet<string>; horizonMs: number },
  ): void {
    for (const shardId of shardIds) {
      const entry = this.#entries.get(shardId);
      assert(entry?.worker === -1);
      entry.readToMs = horizonMs;
      if (!listed.has(shardId)) entry.state = "retired";
      else this.#entries.set(shardId, fromOldest(entry));
    }
  }

  /**
   * Takes a worker's shards from it: they are to be dealt, from where they
   * stand.
   */
  takeFrom(worker: number): ShardEntry[] {
    const taken = [...this.#entries.values()].filter(
      (entry) => entry.worker === worker,
    );
    for (const entry of taken) giveBack(entry);
    return taken;
  }

  /**
   * The shards as the status shows them; retired ones are left out.
   *
   * @param nowMs Epoch ms.
   */
  status(nowMs: number): Omit<ShardStatus, keyof ShardKeepingStatus>[] {
    return [...this.#entries.values()]
      .filter(({ state }) => state !== "retired")
      .map((entry) => ({
        shardId: entry.shardId,
        worker: entry.worker,
        state: entry.state === "retired" ? "ended" : entry.state,
        idle: entry.idle,
        sequenceNumber: entry.sequenceNumber,
        watermarkMs: Number.isFinite(entry.watermarkMs)
          ? entry.watermarkMs
          : null,
        behindLatestMs: lagOf(entry, nowMs),
        records: entry.records,
        bytes: entry.bytes,
        throttled: entry.throttled,
        reading: entry.reading,
        fallbacks: entry.fallbacks,
      }));
  }
}

/** Read from the oldest record that there is. */
function fromOldest(entry: ShardEntry): ShardEntry {
  return { ...entry, sequenceNumber: "", start: { type: "trim_horizon" } };
}

/** No worker has the shard any more; its position stands. */
function giveBack(entry: ShardEntry): void {
  entry.state = "moving";
  entry.worker = -1;
  entry.atTip = false;
  entry.idle = false;
}

function hasEnded({ state }: ShardEntry): boolean {
  return state === "ended" || state === "retired";
}

/** Where a shard's reading goes on: behind its position, if it has one. */
export function resumeAt({ sequenceNumber, start }: ShardEntry): ShardStart {
  return sequenceNumber === "" ? start : { type: "after", sequenceNumber };
}

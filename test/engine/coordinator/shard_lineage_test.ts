/**
 * The shard table against lineages that splits and merges really make: of
 * the local Kinesis, at any moment, found in whatever order.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { ShardTable } from "../../../engine/coordinator/shard_table.ts";
import type { LocalShard } from "../../../engine/local_kinesis/store/local_shard.ts";
import type { LocalStream } from "../../../engine/local_kinesis/store/local_stream.ts";
import { shardProgress } from "../../helpers/shard_progress.ts";
import { testService } from "../local_kinesis/test_service.ts";

const START = { type: "trim_horizon" } as const;

const ACTION = fc.record({
  what: fc.constantFrom("split", "merge", "list", "advance", "advance", "end"),
  which: fc.nat(100),
  by: fc.integer({ min: 0, max: 20 }),
  isTold: fc.boolean(),
});
type Action = typeof ACTION extends fc.Arbitrary<infer A> ? A : never;

function known(shard: LocalShard) {
  return {
    shardId: shard.id,
    parentShardIds: shard.parentIds,
    startingHashKey: String(shard.hashRange.start),
    endingHashKey: String(shard.hashRange.end),
  };
}

/** A stream, and a run that reads it. */
class Reading {
  readonly table = new ShardTable();
  readonly #stream: LocalStream;
  readonly #trimmed = new Set<string>();
  readonly #finished = new Set<string>();
  #nowMs = 1;

  constructor(shardCount: number) {
    this.#stream = testService().service.store.create({
      name: "taxi",
      shardCount,
      mode: "PROVISIONED",
    });
  }

  reshard({ what, which }: Action): void {
    const open = this.#stream.openShards.toSorted((a, b) =>
      a.hashRange.start < b.hashRange.start ? -1 : 1,
    );
    const at = which % open.length;
    const [shard, next] = [open[at], open[at + 1]];
    assert(shard !== undefined);
    this.#nowMs++;
    if (what === "merge" && next !== undefined) {
      this.#stream.merge(shard, next, this.#nowMs);
    } else if (what === "split" && open.length < 12) {
      const { start, end } = shard.hashRange;
      this.#stream.split(shard, start + (end - start) / 2n + 1n, this.#nowMs);
    }
  }

  /** The oldest closed shards are gone before the run begins. */
  trim(count: number): void {
    for (const { id, isOpen } of this.#stream.shards.slice(0, count)) {
      if (!isOpen) this.#trimmed.add(id);
    }
  }

  list(): void {
    for (const shard of this.#stream.shards) {
      if (!this.#trimmed.has(shard.id)) this.table.add(known(shard), START);
    }
  }

  #pick(which: number, fits: (shard: LocalShard) => boolean) {
    const some = this.#stream.shards.filter(
      (shard) => this.table.get(shard.id)?.state === "reading" && fits(shard),
    );
    return some[which % Math.max(some.length, 1)];
  }

  read({ what, which, by, isTold }: Action): void {
    const isEnd = what === "end";
    const shard = this.#pick(which, ({ isOpen }) => !isEnd || !isOpen);
    const entry = shard && this.table.get(shard.id);
    if (shard === undefined || entry === undefined) return;
    const { watermarkMs } = entry;
    const children = this.#stream.childrenOf(shard.id).map(known);
    this.table.apply(
      0,
      shardProgress(shard.id, {
        watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs + by : by,
        ended: isEnd,
        childShards: isEnd && isTold ? children : [],
      }),
    );
    if (isEnd) this.#finished.add(shard.id);
  }

  /** What the coordinator does after each flush and each list. */
  settle(): void {
    this.table.retire();
    for (const entry of this.table.takeReady()) {
      entry.worker = 0;
      const parents = entry.parentShardIds.filter(
        (id) => !this.#trimmed.has(id),
      );
      for (const id of parents) {
        assert(this.#finished.has(id), `${entry.shardId} before ${id}`);
      }
      const marks = parents.map((id) => this.#markOf(id));
      const least = marks.length === 0 ? -Infinity : Math.min(...marks);
      assert.equal(entry.watermarkMs, least);
    }
    this.table.retire();
  }

  /** Up to where a shard's reading has got, be it only by its parents'. */
  #markOf(id: string): number {
    const entry = this.table.get(id);
    if (entry !== undefined && entry.state !== "waiting") {
      return entry.watermarkMs;
    }
    const shard = this.#stream.shards.find((one) => one.id === id);
    const parents = shard?.parentIds.filter((one) => !this.#trimmed.has(one));
    if (parents === undefined || parents.length === 0) return -Infinity;
    return Math.min(...parents.map((one) => this.#markOf(one)));
  }

  /** No shard that is still to be read is overtaken. */
  check(): void {
    const global = this.table.watermarkMs;
    for (const { id } of this.#stream.shards) {
      if (this.#finished.has(id) || this.#trimmed.has(id)) continue;
      assert(global <= this.#markOf(id), `${id} was overtaken`);
    }
  }

  /** Reads what is left; every shard must come up. */
  finish(): void {
    for (const _ of this.#stream.shards) {
      this.list();
      this.settle();
      for (const { id } of this.#stream.shards) {
        if (this.table.get(id)?.state !== "reading") continue;
        const which = this.#stream.shards
          .filter((one) => this.table.get(one.id)?.state === "reading")
          .filter(({ isOpen }) => !isOpen)
          .findIndex((one) => one.id === id);
        if (which < 0) continue;
        this.read({ what: "end", which, by: 1, isTold: false });
        this.settle();
        this.check();
      }
    }
    for (const { id, isOpen } of this.#stream.shards) {
      const state = this.table.get(id)?.state;
      if (this.#trimmed.has(id)) assert.equal(state, undefined);
      else assert.equal(state, isOpen ? "reading" : "retired", id);
    }
  }
}

t.test("every lineage is read in order, and none overtaken", async () => {
  fc.assert(
    fc.property(
      fc.record({
        shardCount: fc.integer({ min: 1, max: 4 }),
        before: fc.array(ACTION, { maxLength: 8 }),
        trimCount: fc.nat(6),
        actions: fc.array(ACTION, { maxLength: 40 }),
      }),
      ({ shardCount, before, trimCount, actions }) => {
        const reading = new Reading(shardCount);
        for (const action of before) reading.reshard(action);
        reading.trim(trimCount);
        reading.list();
        reading.settle();
        for (const action of actions) {
          if (action.what === "list") reading.list();
          else if (action.what === "advance" || action.what === "end") {
            reading.read(action);
          } else reading.reshard(action);
          reading.settle();
          reading.check();
        }
        reading.finish();
      },
    ),
    { numRuns: 300 },
  );
});

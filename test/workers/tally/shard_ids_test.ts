/**
 * Goal: a shard knows exactly the ids it should, also after its worker was
 * lost and the shard was given to another. Method: random ids and arrivals
 * against a list that is searched.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import type { DedupePlan } from "../../../engine/job/time_plan.ts";
import { DedupeLog, mergedIds } from "../../../engine/tally/dedupe_log.ts";
import { ShardIds } from "../../../workers/tally/shard_ids.ts";

/** Straight from `ARCHITECTURE.md`. */
class PlainIds {
  list: { id: number; atMs: number }[] = [];
  readonly #plan: DedupePlan;

  constructor(plan: DedupePlan) {
    this.#plan = plan;
  }

  note(id: number, arrivalMs: number): "known" | "new" | "crowded" {
    const { withinMs, idsMax } = this.#plan;
    const atMs = Math.max(arrivalMs, this.list.at(-1)?.atMs ?? -Infinity);
    const known = this.list.find((one) => one.id === id);
    if (known !== undefined && known.atMs >= atMs - withinMs) return "known";
    this.list = this.list.filter((one) => one.atMs >= atMs - withinMs);
    const isCrowded = this.list.length === idsMax;
    if (isCrowded) this.list.shift();
    this.list.push({ id, atMs });
    return isCrowded ? "crowded" : "new";
  }
}

const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.tuple(fc.nat(40), fc.integer({ min: -5, max: 9 })),
  },
  { weight: 2, arbitrary: fc.constant("flush" as const) },
  { weight: 1, arbitrary: fc.constant("lost" as const) },
);

t.test("ShardIds agrees with a list, over flushes and losses", async () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 400, size: "max" }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 30 }),
      (steps, withinMs, idsMax) => {
        const plan = { field: "id", withinMs, idsMax };
        let ids = new ShardIds(plan, null);
        let plain = new PlainIds(plan);
        const log = new DedupeLog(plan);
        let flushed = [...plain.list];
        let nowMs = 1_000;
        for (const one of steps) {
          if (one === "flush") {
            log.append(ids.take());
            flushed = [...plain.list];
          } else if (one === "lost") {
            ids = new ShardIds(plan, log.ids());
            plain = new PlainIds(plan);
            plain.list = [...flushed];
          } else {
            const [id, stepMs] = one;
            nowMs += stepMs;
            // The same low word: probing has to look at both.
            const got = ids.note(id % 3, id, nowMs);
            assert.equal(got, plain.note(id, nowMs));
            assert.equal(ids.count, plain.list.length);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

t.test(
  "ShardIds forgets the oldest beyond the limit, at any size",
  async (t) => {
    const plan = { field: "id", withinMs: 1e9, idsMax: 5_000 };
    const ids = new ShardIds(plan, null);
    let crowded = 0;
    for (let i = 0; i < 40_000; i++) {
      const verdict = ids.note(Math.imul(i, 0x9e3779b1) >>> 0, i, i);
      if (verdict === "crowded") crowded++;
      else t.equal(verdict, "new");
      if (i > 35_000 && i % 1_000 === 0) {
        const before = i - 4_999;
        t.equal(
          ids.note(Math.imul(before, 0x9e3779b1) >>> 0, before, i),
          "known",
        );
      }
    }
    t.equal(crowded, 35_000);
    t.equal(ids.count, 5_000);
  },
);

t.test("mergedIds() puts the ids of two shards in order", async (t) => {
  const list = (from: number, arrivals: number[]) => ({
    words: Uint32Array.from(arrivals.flatMap((_, i) => [from + i, 0])),
    arrivalMs: Float64Array.from(arrivals),
  });
  const { words, arrivalMs } = mergedIds([list(10, [1, 5]), list(20, [3])]);
  t.same([...arrivalMs], [1, 3, 5]);
  t.same([...words], [10, 0, 20, 0, 11, 0]);
});

t.test(
  "an id that both parents of a merge had counts as of last",
  async (t) => {
    const plan = { field: "id", withinMs: 500, idsMax: 9 };
    const of = (...list: readonly (readonly [number, number])[]) => ({
      words: Uint32Array.from(list.flatMap(([id]) => [id, 0])),
      arrivalMs: Float64Array.from(list.map(([, atMs]) => atMs)),
    });
    // The second one had it again, long after.
    const known = mergedIds([of([7, 0]), of([7, 0], [7, 1_000])]);
    const ids = new ShardIds(plan, known);
    t.equal(ids.note(7, 0, 1_200), "known");
    t.equal(ids.note(7, 0, 1_501), "new");
  },
);

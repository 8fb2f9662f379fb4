/**
 * Goal: tables never overlap, never exceed their number, hold every timestamp
 * placed in them for ever, and go only when all of their time has passed.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  cutoffMs,
  isExpired,
  type Partition,
  partitionRules,
  placeTimestamp,
} from "../../../engine/sink/duckdb_partitions.ts";
import { STORE_TABLES_MAX } from "../../../engine/sink/limits.ts";

const DAY_MS = 86_400_000;

t.test("partitionRules() gives two queries a table a day for 30 days", (t) => {
  const rules = partitionRules(2, 30 * DAY_MS);
  t.equal(rules.spanMs, DAY_MS);
  t.equal(rules.countMax, 64);
  t.end();
});

t.test("partitionRules() gives many queries longer tables, whole days", (t) => {
  for (const queryCount of [1, 2, 7, 32]) {
    for (const retentionDays of [0, 0.5, 30, 3_650]) {
      const rules = partitionRules(queryCount, retentionDays * DAY_MS);
      t.ok(rules.countMax * queryCount <= STORE_TABLES_MAX);
      t.ok(rules.spanMs % DAY_MS === 0 && rules.spanMs >= DAY_MS);
      t.ok(
        retentionDays * DAY_MS + 2 * rules.spanMs <=
          rules.countMax * rules.spanMs,
      );
    }
  }
  t.end();
});

t.test("partitionRules() lets nothing expire without a retention", (t) => {
  const rules = partitionRules(2, undefined);
  t.equal(rules.spanMs, DAY_MS);
  t.equal(cutoffMs(rules, 4e12), Number.NEGATIVE_INFINITY);
  t.notOk(isExpired(-4e12, rules, 4e12));
  t.end();
});

t.test("isExpired() is true once all of a table's time has passed", (t) => {
  const rules = partitionRules(1, 2 * DAY_MS);
  t.notOk(isExpired(10 * DAY_MS, rules, 13 * DAY_MS - 1));
  t.ok(isExpired(10 * DAY_MS, rules, 13 * DAY_MS));
  t.ok(isExpired(11 * DAY_MS - 1, rules, 13 * DAY_MS));
  t.end();
});

t.test(
  "placeTimestamp() keeps tables apart and every timestamp in its own",
  (t) => {
    const rules = fc
      .tuple(
        fc.integer({ min: 1, max: 32 }),
        fc.option(fc.integer({ min: 0, max: 90 })),
      )
      .map(([queries, days]) =>
        partitionRules(queries, days === null ? undefined : days * DAY_MS),
      );
    const times = fc.array(
      fc.oneof(
        fc.integer({ min: -40, max: 40 }).map((hours) => hours * 3_600_000 - 1),
        fc.integer({ min: -2e12, max: 2e12 }),
      ),
      { maxLength: 60 },
    );
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.array(rules, { minLength: 1, maxLength: 2 }),
          times,
          (all, placed) => {
            let partitions: readonly Partition[] = [];
            const tables = new Map<number, string>();
            const names = new Set<string>();
            for (const [i, timestampMs] of placed.entries()) {
              // The rules may change between two runs over one store.
              const rule = all[i % all.length]!;
              const countBefore = partitions.length;
              const result = placeTimestamp(
                partitions,
                { queryIndex: 3, timestampMs },
                rule,
              );
              partitions = result.partitions;
              tables.set(timestampMs, result.partition.table);
              assert(partitions.includes(result.partition));
              assert(partitions.length <= Math.max(rule.countMax, countBefore));
              if (!names.has(result.partition.table)) {
                names.add(result.partition.table);
                assert.equal(partitions.length, countBefore + 1);
              }
            }
            for (const [i, { startMs, endMs }] of partitions.entries()) {
              assert(startMs < endMs);
              assert(startMs >= (partitions[i - 1]?.endMs ?? startMs));
            }
            for (const [timestampMs, table] of tables) {
              const holding = partitions.filter(
                ({ startMs, endMs }) =>
                  startMs <= timestampMs && timestampMs < endMs,
              );
              assert.deepEqual(
                holding.map((one) => one.table),
                [table],
              );
            }
          },
        ),
        { numRuns: 500 },
      ),
    );
    t.end();
  },
);

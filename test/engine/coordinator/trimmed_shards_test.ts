import t from "tap";
import { ShardTable } from "../../../engine/coordinator/shard_table.ts";
import {
  trimmedError,
  trimmedShards,
} from "../../../engine/coordinator/trimmed_shards.ts";
import type { ShardProgress } from "../../../engine/messages.ts";
import { counted } from "../../helpers/taxi.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 5);
const FULL = { startingHashKey: "0", endingHashKey: "9" };

function shard(shardId: string, parentShardIds: readonly string[] = []) {
  return { shardId, parentShardIds, ...FULL };
}

function progress(more: Partial<ShardProgress>): ShardProgress {
  return {
    shardId: "a",
    sequenceNumber: "",
    arrivalMs: Number.NaN,
    watermarkMs: 0,
    behindLatestMs: 0,
    atTip: false,
    answered: false,
    idle: false,
    throttled: 0,
    busyMs: 0,
    reading: "polling",
    fallbacks: 0,
    counts: counted(0),
    ended: false,
    released: false,
    childShards: [],
    dedupe: null,
    ...more,
  };
}

/** A table with a shard that a worker reads. */
function reading(): ShardTable {
  const table = new ShardTable();
  table.add(shard("a"), { type: "trim_horizon" });
  for (const entry of table.takeReady()) entry.worker = 0;
  return table;
}

/** What a run of so many hours later would miss. */
function missedAfter(table: ShardTable, hours: number): string[] {
  const restored = new ShardTable();
  restored.restore(table.snapshot());
  const nowMs = START_MS + hours * HOUR_MS;
  return trimmedShards(restored.entries, { retentionHours: 24, nowMs }).map(
    ({ shardId, fromMs, toMs }) =>
      `${shardId} ${(fromMs - START_MS) / HOUR_MS}..${(toMs - START_MS) / HOUR_MS}`,
  );
}

t.test("a position older than the retention is a possible gap", async (t) => {
  const table = reading();
  const read = progress({
    sequenceNumber: "77",
    arrivalMs: START_MS,
    behindLatestMs: 5_000,
    answered: true,
  });
  table.apply(0, read, START_MS + HOUR_MS);
  t.same(missedAfter(table, 23), []);
  t.same(missedAfter(table, 30), ["a 0..6"]);
});

t.test("a quiet shard last seen at its tip since has none", async (t) => {
  const table = reading();
  const old = progress({ sequenceNumber: "77", arrivalMs: START_MS });
  table.apply(0, { ...old, answered: true }, START_MS);
  // Twenty hours of empty answers.
  const tip = progress({ answered: true, atTip: true });
  table.apply(0, { ...tip, arrivalMs: START_MS }, START_MS + 20 * HOUR_MS);
  t.same(missedAfter(table, 40), []);
  t.match(missedAfter(table, 45), [/^a 19\.98\d*\.\.21$/]);
  // A throttled shard is not seen, though it was at its tip before.
  const throttled = { ...tip, answered: false, throttled: 3 };
  table.apply(0, throttled, START_MS + 30 * HOUR_MS);
  t.equal(missedAfter(table, 45).length, 1);
});

t.test("a shard without a position goes by where it starts", async (t) => {
  const table = new ShardTable();
  const start = { type: "at_timestamp", timestampMs: START_MS } as const;
  table.add(shard("latest"), start);
  table.add(shard("oldest"), { type: "trim_horizon" });
  table.takeReady();
  t.same(missedAfter(table, 30), ["latest 0..6"]);
});

t.test("an unread child goes by its parents", async (t) => {
  const table = reading();
  const last = progress({
    sequenceNumber: "77",
    arrivalMs: START_MS,
    ended: true,
    childShards: [shard("b", ["a"])],
  });
  table.apply(0, last, START_MS + 20 * HOUR_MS);
  table.takeReady();
  t.same(missedAfter(table, 30), ["b 0..6"]);
});

t.test("trimmedError() names stream, time range and remedy", async (t) => {
  const range = { fromMs: START_MS, toMs: START_MS + HOUR_MS };
  const { message, code } = trimmedError("taxi", [{ shardId: "a", ...range }]);
  t.equal(code, "FD_STREAM");
  t.match(
    message,
    /stream "taxi" may have dropped records that arrived from 2026-01-05T00:00:00.000Z to 2026-01-05T01:00:00.000Z before they were read \(a\): give --on-trimmed continue/,
  );
});

t.test("ShardTable.skipTrimmed() reads what is still there", async (t) => {
  const table = reading();
  table.apply(0, progress({ sequenceNumber: "7", arrivalMs: START_MS }));
  table.add(shard("gone"), { type: "trim_horizon" });
  for (const entry of table.takeReady()) entry.worker = 0;
  const restored = new ShardTable();
  restored.restore(table.snapshot());
  const horizonMs = START_MS + HOUR_MS;
  restored.skipTrimmed(["a", "gone"], { listed: new Set(["a"]), horizonMs });
  restored.add(shard("child", ["gone"]), { type: "trim_horizon" });
  const ready = restored.takeReady().map((entry) => entry.shardId);
  t.same(ready.sort(), ["a", "child"]);
  t.match(restored.get("a"), {
    sequenceNumber: "",
    start: { type: "trim_horizon" },
    readToMs: horizonMs,
  });
});

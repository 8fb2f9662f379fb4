/**
 * The engine and its peers, taking turns on the same input.
 *
 * @module
 */
import type { ContenderSpec } from "../contender.ts";
import { buildFlink, missingForFlink } from "../peers/flink_build.ts";
import {
  contest,
  costs,
  OURS,
  type Rounds,
  rates,
  ratios,
} from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";
import { PLAIN } from "./yardstick.ts";

const SHARDS = 8;
const WORKERS = 2;

const DUCKDB = "DuckDB";
const FLINK_TUNED = "Flink (tuned)";
const FLINK_ORIGINAL = "Flink (original)";

/** The engine, and the baseline that a TypeScript user would write. */
function baseline(trips: number): Record<string, ContenderSpec> {
  return {
    [OURS]: {
      kind: "memory",
      trips,
      shardCount: SHARDS,
      workers: WORKERS,
      eventsPerSecond: 0,
    },
    [PLAIN]: { kind: "plain", trips, shardCount: SHARDS },
  };
}

function withDuckDb(trips: number): Record<string, ContenderSpec> {
  return {
    ...baseline(trips),
    [DUCKDB]: { kind: "duckdb", trips, shardCount: SHARDS, threads: WORKERS },
  };
}

/** Flink, where it can be; else a line says why not. */
async function flink(trips: number): Promise<Record<string, ContenderSpec>> {
  const missing = await missingForFlink();
  if (missing !== "") {
    console.log(`Flink is left out: ${missing}`);
    return {};
  }
  await buildFlink();
  const both = {
    kind: "flink",
    trips,
    shardCount: SHARDS,
    parallelism: WORKERS,
  } as const;
  return {
    [FLINK_TUNED]: { ...both, way: "tuned" },
    [FLINK_ORIGINAL]: { ...both, way: "original" },
  };
}

/** What one contender's rounds came to, in itself and beside ours. */
function measuresOf(found: Rounds, name: string): Measure[] {
  const list = found[name] ?? [];
  const own: Measure[] = [
    {
      name: `${name}, rate`,
      unit: "events/s",
      spread: spreadOf(rates(list)),
      goal: undefined,
    },
    {
      name: `${name}, cost`,
      unit: "CPU s per million",
      spread: spreadOf(costs(list)),
      goal: undefined,
    },
  ];
  if (name === OURS) return own;
  return [
    ...own,
    {
      name: `${name} costs`,
      unit: "times as much",
      spread: ratios(found, name, costs),
      goal: undefined,
    },
  ];
}

async function measure(
  specs: Readonly<Record<string, ContenderSpec>>,
  rounds: number,
): Promise<Measure[]> {
  const found = await contest({ specs, rounds, compares: true });
  return Object.keys(found).flatMap((name) => measuresOf(found, name));
}

const TITLE = `same input, same documents, ${SHARDS} shards: plain Node (JSON.parse, ngeohash, Map; one thread), DuckDB (a batch query, no event time, no checkpoints; ${WORKERS} threads)`;

/** What needs nothing that isn't here. */
export const PEERS_CASE: SuiteCase = {
  name: "peers",
  title: TITLE,
  async run({ rounds, trips }): Promise<Measure[]> {
    console.log("Flink is left out: --flink takes it in");
    return await measure(withDuckDb(trips), rounds);
  },
};

/** With Flink, which needs Java and Maven. */
export const FLINK_CASE: SuiteCase = {
  name: "flink",
  title: `${TITLE}, Flink (a cluster in one JVM, parallelism ${WORKERS}; tuned: fastjson2, sums, state on the heap; original: Gson, Joda, kept events, RocksDB, a checkpoint every 5 s)`,
  async run({ rounds, trips }): Promise<Measure[]> {
    const specs = { ...withDuckDb(trips), ...(await flink(trips)) };
    return await measure(specs, rounds);
  },
};

const GUARD_TRIPS = 200_000;
const GUARD_ROUNDS = 5;
/**
 * Plain Node costs four to ten times as much, compiling included;
 * at less than this something has gone wrong, and not the machine.
 */
const GUARD_RATIO_MIN = 2;

/** For CI: a ratio, never a time, so that any machine may check it. */
export const GUARD_CASE: SuiteCase = {
  name: "guard",
  title: "a guard against regressions, by ratio to plain Node in the same run",
  async run(): Promise<Measure[]> {
    const found = await contest({
      specs: baseline(GUARD_TRIPS),
      rounds: GUARD_ROUNDS,
      compares: true,
      isBrief: true,
    });
    return [
      {
        name: `${PLAIN} costs`,
        unit: "times as much",
        spread: ratios(found, PLAIN, costs),
        goal: { value: GUARD_RATIO_MIN, is: "at least" },
      },
    ];
  },
};

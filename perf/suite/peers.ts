/**
 * The engine and its peers, taking turns on the same input.
 *
 * @module
 */
import type { ContenderSpec } from "../contender.ts";
import { contest, costs, type Rounds, rates } from "./contenders.ts";
import { type Spread, spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";

const SHARDS = 8;
const WORKERS = 2;

const OURS = "flagdrop";
const PLAIN = "plain Node";
const DUCKDB = "DuckDB";

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

function peers(trips: number): Record<string, ContenderSpec> {
  return {
    ...baseline(trips),
    [DUCKDB]: { kind: "duckdb", trips, shardCount: SHARDS, threads: WORKERS },
  };
}

/** How many times more a peer's rounds take than ours, round by round. */
function ratios(found: Rounds, name: string, of: typeof costs): Spread {
  const ours = of(found[OURS] ?? []);
  const theirs = of(found[name] ?? []);
  return spreadOf(theirs.map((value, i) => value / (ours[i] ?? Number.NaN)));
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

/** The case. */
export const PEERS_CASE: SuiteCase = {
  name: "peers",
  title: `against plain Node (JSON.parse, ngeohash, Map; one thread) and DuckDB (a batch query, no event time, no checkpoints; ${WORKERS} threads), same input, same documents, ${SHARDS} shards`,
  async run({ rounds, trips }): Promise<Measure[]> {
    const found = await contest({
      specs: peers(trips),
      rounds,
      compares: true,
    });
    return Object.keys(found).flatMap((name) => measuresOf(found, name));
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

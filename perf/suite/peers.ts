/**
 * The engine and its peers, taking turns on the same input.
 *
 * @module
 */
import { contest, costs, type Rounds, rates } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import type { CaseContext, Measure, SuiteCase } from "./suite_case.ts";

const SHARDS = 8;
const WORKERS = 2;

/** Rounds of Flagdrop and of plain Node, alternating, documents compared. */
async function alternate(
  { rounds, trips }: CaseContext,
  isBrief: boolean,
): Promise<Rounds> {
  return await contest({
    specs: {
      flagdrop: {
        kind: "memory",
        trips,
        shardCount: SHARDS,
        workers: WORKERS,
        eventsPerSecond: 0,
      },
      "plain Node": { kind: "plain", trips, shardCount: SHARDS },
    },
    rounds,
    compares: true,
    isBrief,
  });
}

/** How many times more a peer's rounds cost than ours, round by round. */
function ratios(found: Rounds, of: typeof costs): number[] {
  const ours = of(found["flagdrop"] ?? []);
  return of(found["plain Node"] ?? []).map(
    (theirs, i) => theirs / (ours[i] ?? Number.NaN),
  );
}

/** The case. */
export const PEERS_CASE: SuiteCase = {
  name: "peers",
  title: `against plain Node (JSON.parse, ngeohash, Map), same input, same documents, ${SHARDS} shards`,
  async run(context): Promise<Measure[]> {
    const found = await alternate(context, false);
    const measures = Object.entries(found).flatMap(([name, list]) => [
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
    ]);
    return [
      ...measures,
      {
        name: "plain Node costs",
        unit: "times as much",
        spread: spreadOf(ratios(found, costs)),
        goal: undefined,
      },
    ];
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
    const context = { rounds: GUARD_ROUNDS, trips: GUARD_TRIPS };
    const found = await alternate(context, true);
    return [
      {
        name: "plain Node costs",
        unit: "times as much",
        spread: spreadOf(ratios(found, costs)),
        goal: { value: GUARD_RATIO_MIN, is: "at least" },
      },
    ];
  },
};

/**
 * How cost grows with workers, shards and keys.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { contest, costs, rates } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";

/** Of the rounds and trips of other cases: there are many of these. */
const ROUNDS_SHARE = 0.2;
const TRIPS_SHARE = 0.5;
/** Of event time in a round: with less no window closes, and it never ends. */
const SECONDS_MIN = 1_300;
const SHARD_COUNTS = [1, 8, 32, 256] as const;
/** Events of a window, and with them its keys, times as many. */
const DENSITIES = [1, 10, 100] as const;
/** The generator's own rate, as the city has it. */
const CITY_EVENTS_PER_SECOND = 3.55;
const BASE = { workers: 2, shardCount: 8, eventsPerSecond: 0 } as const;

/** One point of one of the three lines. */
interface Point {
  readonly name: string;
  readonly workers: number;
  readonly shardCount: number;
  readonly eventsPerSecond: number;
}

function points(): Point[] {
  const cores = availableParallelism();
  const workers = Array.from({ length: cores }, (_, i) => i + 1);
  return [
    ...workers.map((count) => ({
      ...BASE,
      name: `${count} workers`,
      workers: count,
    })),
    ...SHARD_COUNTS.map((shardCount) => ({
      ...BASE,
      name: `${shardCount} shards`,
      shardCount,
    })),
    ...DENSITIES.map((factor) => ({
      ...BASE,
      name: `${factor} times the events of a window`,
      eventsPerSecond: factor * CITY_EVENTS_PER_SECOND,
    })),
  ];
}

/** The case. */
export const SCALING_CASE: SuiteCase = {
  name: "scaling",
  title:
    "from memory: 1 to N workers, 1 to 256 shards, 1 to 100 times the keys",
  async run({ rounds, trips }): Promise<Measure[]> {
    const measures: Measure[] = [];
    for (const { name, ...point } of points()) {
      const spec = {
        kind: "memory" as const,
        trips: Math.max(
          Math.round(trips * TRIPS_SHARE),
          Math.ceil(point.eventsPerSecond * SECONDS_MIN),
        ),
        ...point,
      };
      const found = await contest({
        specs: { [name]: spec },
        rounds: Math.ceil(rounds * ROUNDS_SHARE),
        compares: false,
        isBrief: true,
      });
      const list = found[name] ?? [];
      measures.push(
        {
          name: `${name}, cost`,
          unit: "CPU s per million",
          spread: spreadOf(costs(list)),
          goal: undefined,
        },
        {
          name: `${name}, rate`,
          unit: "events/s",
          spread: spreadOf(rates(list)),
          goal: undefined,
        },
      );
    }
    return measures;
  },
};

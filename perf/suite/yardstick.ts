/**
 * Plain Node beside a case, round by round: what the same machine does in that
 * very minute. Shared machines are twice as fast in one hour as in the next, so
 * a cost in seconds says less than how many times more plain Node takes.
 *
 * @module
 */
import type { ContenderSpec } from "../contender.ts";
import { costs, OURS, type Rounds, ratios } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import type { Measure } from "./suite_case.ts";

/** Its name. */
export const PLAIN = "plain Node";

const SHARDS = 8;
/** Of a case's trips: it is slow. */
const TRIPS_SHARE = 0.05;

/** Adds it to a case's contender. */
export function beside(
  ours: ContenderSpec,
  trips: number,
): Record<string, ContenderSpec> {
  const few = Math.ceil(trips * TRIPS_SHARE);
  return {
    [OURS]: ours,
    [PLAIN]: { kind: "plain", trips: few, shardCount: SHARDS },
  };
}

/** What it came to, in itself and beside ours. */
export function yardstickMeasures(found: Rounds): Measure[] {
  return [
    {
      name: `${PLAIN} (JSON.parse, records from memory) in the same minute`,
      unit: "CPU s per million",
      spread: spreadOf(costs(found[PLAIN] ?? [])),
      goal: undefined,
    },
    {
      name: `${PLAIN} costs`,
      unit: "times as much",
      spread: ratios(found, PLAIN, costs),
      goal: undefined,
    },
  ];
}

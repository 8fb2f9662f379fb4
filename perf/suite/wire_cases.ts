/**
 * The whole engine on the wire: from a Kinesis that costs nothing, in another
 * process.
 *
 * @module
 */
import type { WireFormat } from "../wire/ready_answers.ts";
import { contest, costs, OURS, rates } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";
import { beside, yardstickMeasures } from "./yardstick.ts";

const SHARDS = 32;
const WORKERS = 2;
/** Of the trips of a round from memory: answers take their own time to make. */
const TRIPS_SHARE = 0.5;
const ROUNDS_SHARE = 0.5;
const RSS_GOAL_MB = 350;
const BYTES_PER_MB = 1e6;

/** What differs from one case to the next. */
interface WireCase {
  readonly name: string;
  readonly title: string;
  readonly format: WireFormat;
  readonly tls: boolean;
  readonly costGoal: number;
}

function wireCase(one: WireCase): SuiteCase {
  const { name, format, tls, costGoal } = one;
  return {
    name,
    title: `${one.title}, ${SHARDS} shards, ${WORKERS} workers, whole engine`,
    async run({ rounds, trips }): Promise<Measure[]> {
      const ours = {
        kind: "wire",
        trips: Math.round(trips * TRIPS_SHARE),
        shardCount: SHARDS,
        workers: WORKERS,
        format,
        tls,
      } as const;
      const found = await contest({
        specs: beside(ours, ours.trips),
        rounds: Math.ceil(rounds * ROUNDS_SHARE),
        compares: false,
        roundShare: TRIPS_SHARE,
      });
      const list = found[OURS] ?? [];
      const rss = list.map(({ rssBytes }) => rssBytes / BYTES_PER_MB);
      return [
        {
          name: "cost",
          unit: "CPU s per million, engine process",
          spread: spreadOf(costs(list)),
          goal: { value: costGoal, is: "at most" },
        },
        {
          name: "rate",
          unit: "events/s",
          spread: spreadOf(rates(list)),
          goal: undefined,
        },
        {
          name: "resident memory",
          unit: "MB",
          spread: spreadOf(rss),
          goal: { value: RSS_GOAL_MB, is: "at most" },
        },
        ...yardstickMeasures(found),
      ];
    },
  };
}

/** The cases. */
export const WIRE_CASES: readonly SuiteCase[] = [
  wireCase({
    name: "cbor",
    title: "CBOR answers over HTTP",
    format: "cbor",
    tls: false,
    costGoal: 0.6,
  }),
  wireCase({
    name: "json",
    title: "JSON answers over HTTP",
    format: "json",
    tls: false,
    costGoal: 1,
  }),
  wireCase({
    name: "tls",
    title: "CBOR answers over TLS",
    format: "cbor",
    tls: true,
    costGoal: 0.8,
  }),
  wireCase({
    name: "kpl",
    title: "aggregated records, 100 events each with their md5, CBOR",
    format: "kpl",
    tls: false,
    costGoal: 1.2,
  }),
];

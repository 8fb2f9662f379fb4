/**
 * What one process costs as the stream grows: full shards, records coming into
 * each at the rate that a shard takes at most, read as a run reads them. The
 * processor's time a second and the memory are what an instance is chosen by.
 *
 * @module
 */
import { contest, costs, OURS, rates } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";

/** Records a second that a shard takes at most. */
const RECORDS_PER_SECOND = 1_000;
/** A run's own. */
const READS_PER_SECOND = 5;
const WORKERS = 2;
/** A window passes in half a second. */
const SPEEDUP = 1_200;
/** How long a round lasts: with many shards its records would fill the memory. */
const POINTS = [
  { shardCount: 8, roundSeconds: 16 },
  { shardCount: 32, roundSeconds: 16 },
  { shardCount: 64, roundSeconds: 16 },
  { shardCount: 128, roundSeconds: 10 },
  { shardCount: 256, roundSeconds: 8 },
] as const;
const ROUNDS_SHARE = 0.1;
const BYTES_PER_MB = 1e6;

/** The case. */
export const SHARDS_CASE: SuiteCase = {
  name: "shards",
  title: `${RECORDS_PER_SECOND} records/s into each shard, CBOR over HTTP from a stub, ${READS_PER_SECOND} reads/s of each, ${WORKERS} workers, whole engine, a window each half second`,
  async run({ rounds }): Promise<Measure[]> {
    const measures: Measure[] = [];
    for (const { shardCount, roundSeconds } of POINTS) {
      const found = await contest({
        specs: {
          flagdrop: {
            kind: "paced",
            ...{ shardCount, roundSeconds, workers: WORKERS },
            recordsPerSecond: RECORDS_PER_SECOND,
            readsPerSecond: READS_PER_SECOND,
            speedup: SPEEDUP,
          },
        },
        rounds: Math.ceil(rounds * ROUNDS_SHARE),
        compares: false,
        isBrief: true,
      });
      const list = found[OURS] ?? [];
      const measure = (
        what: string,
        unit: string,
        values: readonly number[],
      ) => {
        const name = `${shardCount} shards, ${what}`;
        const one = { name, unit, spread: spreadOf(values), goal: undefined };
        measures.push(one);
      };
      measure(
        "processor",
        "vCPU",
        list.map(({ cpuMs, wallMs }) => cpuMs / wallMs),
      );
      measure("cost", "CPU s per million", costs(list));
      measure("rate", "events/s", rates(list));
      measure(
        "resident memory",
        "MB",
        list.map(({ rssBytes }) => rssBytes / BYTES_PER_MB),
      );
    }
    return measures;
  },
};

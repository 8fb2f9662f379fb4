/**
 * The canonical workload: records from memory through the whole engine.
 *
 * @module
 */
import { contest, costs, rates } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import { byRuntime, type Measure, type SuiteCase } from "./suite_case.ts";

const SHARDS = 8;
const WORKERS = 2;
const EVENTS_PER_SECOND = byRuntime(4_500_000, 6_000_000);
const CPU_SECONDS = byRuntime(0.45, 0.33);

/** The case. */
export const MEMORY_CASE: SuiteCase = {
  name: "memory",
  title: `distinct records from memory, ${SHARDS} shards, ${WORKERS} workers, whole engine`,
  async run({ rounds, trips }): Promise<Measure[]> {
    const specs = {
      flagdrop: {
        kind: "memory" as const,
        trips,
        shardCount: SHARDS,
        workers: WORKERS,
        eventsPerSecond: 0,
      },
    };
    const found = await contest({ specs, rounds, compares: false });
    const list = found["flagdrop"] ?? [];
    return [
      {
        name: "rate",
        unit: "events/s",
        spread: spreadOf(rates(list)),
        goal: { value: EVENTS_PER_SECOND, is: "at least" },
      },
      {
        name: "cost",
        unit: "CPU s per million",
        spread: spreadOf(costs(list)),
        goal: { value: CPU_SECONDS, is: "at most" },
      },
      {
        name: "of it the coordinator's",
        unit: "CPU s per million",
        spread: spreadOf(
          list.map(({ mainCpuMs, events }) => (mainCpuMs / events) * 1_000),
        ),
        goal: undefined,
      },
    ];
  },
};

/**
 * The canonical workload: records from memory through the whole engine.
 *
 * @module
 */
import { contest, costs, OURS, rates } from "./contenders.ts";
import { spreadOf } from "./samples.ts";
import { byRuntime, type Measure, type SuiteCase } from "./suite_case.ts";
import { beside, yardstickMeasures } from "./yardstick.ts";

const SHARDS = 8;
const WORKERS = 2;
const EVENTS_PER_SECOND = byRuntime(4_500_000, 6_000_000);
const CPU_SECONDS = byRuntime(0.45, 0.33);

/** The case. */
export const MEMORY_CASE: SuiteCase = {
  name: "memory",
  title: `distinct records from memory, ${SHARDS} shards, ${WORKERS} workers, whole engine`,
  async run({ rounds, trips }): Promise<Measure[]> {
    const ours = {
      kind: "memory",
      trips,
      shardCount: SHARDS,
      workers: WORKERS,
      eventsPerSecond: 0,
    } as const;
    const specs = beside(ours, trips);
    const found = await contest({ specs, rounds, compares: false });
    const list = found[OURS] ?? [];
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
      ...yardstickMeasures(found),
    ];
  },
};

/**
 * One contender in a process of its own, so that neither code nor garbage of
 * another is in its way. Runs a round whenever it is told to.
 *
 * @module
 */

import { boundHeapGrowth } from "../scripts/bound_heap_growth.ts";
import { startMemoryEngine } from "./memory/memory_engine.ts";
import { type DuckDbOptions, startDuckDb } from "./peers/duckdb.ts";
import { type FlinkOptions, startFlink } from "./peers/flink.ts";
import { startPlainNode } from "./peers/plain_node.ts";
import type { RoundRunner } from "./suite/round_engine.ts";
import {
  type PacedEngineOptions,
  startPacedEngine,
  startWireEngine,
  type WireEngineOptions,
} from "./wire/wire_engine.ts";

/** The engine on records in memory. */
interface MemorySpec {
  readonly kind: "memory";
  readonly trips: number;
  readonly shardCount: number;
  readonly workers: number;
  /** Mean trips in a second of event time; 0 for the generator's own. */
  readonly eventsPerSecond: number;
}

/** The engine on the wire. */
interface WireSpec extends WireEngineOptions {
  readonly kind: "wire";
}

/** The engine on the wire, into which records come at a rate. */
interface PacedSpec extends PacedEngineOptions {
  readonly kind: "paced";
}

/** Plain Node on records in memory. */
interface PlainSpec {
  readonly kind: "plain";
  readonly trips: number;
  readonly shardCount: number;
}

/** DuckDB on files in memory. */
interface DuckDbSpec extends DuckDbOptions {
  readonly kind: "duckdb";
}

/** Apache Flink on files in memory. */
interface FlinkSpec extends FlinkOptions {
  readonly kind: "flink";
}

/** What a contender runs and with what. */
export type ContenderSpec =
  | MemorySpec
  | WireSpec
  | PacedSpec
  | PlainSpec
  | DuckDbSpec
  | FlinkSpec;

function open(spec: ContenderSpec): Promise<RoundRunner> {
  if (spec.kind === "plain") return startPlainNode(spec);
  if (spec.kind === "duckdb") return startDuckDb(spec);
  if (spec.kind === "flink") return startFlink(spec);
  // As the command does.
  boundHeapGrowth();
  if (spec.kind === "wire") return startWireEngine(spec);
  if (spec.kind === "paced") return startPacedEngine(spec);
  const { eventsPerSecond, ...options } = spec;
  return startMemoryEngine({
    ...options,
    ...(eventsPerSecond > 0 ? { eventsPerSecond } : {}),
  });
}

const runner = await open(JSON.parse(process.argv[2] ?? "{}") as ContenderSpec);
process.on("message", (digests: boolean) => {
  runner.round(digests).then(
    (figures) => process.send?.(figures),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit(0));
// An ordinary end, so that what lies in memory as files goes as well.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(1));
}
process.send?.("ready");

/**
 * One contender in a process of its own, so that neither code nor garbage of
 * another is in its way. Runs a round whenever it is told to.
 *
 * @module
 */

import type { RoundRunner } from "./memory/memory_engine.ts";
import { startMemoryEngine } from "./memory/memory_engine.ts";

/** What a contender runs and with what. */
export interface ContenderSpec {
  readonly kind: "memory";
  readonly trips: number;
  readonly shardCount: number;
  readonly workers: number;
  /** Mean trips in a second of event time; 0 for the generator's own. */
  readonly eventsPerSecond: number;
}

function open(spec: ContenderSpec): Promise<RoundRunner> {
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
process.send?.("ready");

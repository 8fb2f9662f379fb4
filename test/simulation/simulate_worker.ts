/**
 * Simulates the seeds from 1 on in a thread of its own, where tap has no hooks:
 * in its own thread they see every promise, which takes a quarter more time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "./simulate.ts";

/** Which seeds. */
export interface SimulateWorkerData {
  readonly seeds: number;
  /** Failing seeds after which the rest is left. */
  readonly failuresMax: number;
}

/** What came of a seed. */
export interface SimulatedSeed {
  readonly seed: number;
  readonly runs: number;
  readonly events: number;
  readonly documents: number;
  /** The first one. */
  readonly violation: string | undefined;
}

assert(parentPort !== null, "it runs in a thread");
const { seeds, failuresMax } = workerData as SimulateWorkerData;
let failures = 0;
for (let seed = 1; seed <= seeds && failures < failuresMax; seed++) {
  const { runs, events, documents, violations } = await simulate(seed);
  if (violations.length > 0) failures++;
  const violation = violations[0];
  const simulated = { seed, runs, events, documents, violation };
  parentPort.postMessage(simulated satisfies SimulatedSeed);
}

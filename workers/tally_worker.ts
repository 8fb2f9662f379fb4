/**
 * Entry of a worker thread: one piscina task that lives as long as the run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type MessagePort, workerData } from "node:worker_threads";
import { HEARTBEAT_INTERVAL_MS } from "../engine/limits.ts";
import { PROTOCOL_VERSION, type WorkerStart } from "../engine/messages.ts";
import { loadRole, openRole } from "./open_role.ts";
import { runWorker } from "./worker_loop.ts";

/** What it will be asked to read, if that is known as the thread starts. */
const { reading } = (workerData ?? {}) as {
  readonly reading?: WorkerStart["reading"]["type"];
};
// What is wrong with it is told when the role is opened.
if (reading !== undefined) loadRole(reading).catch(() => {});

/** Runs until the coordinator says `stop`. */
export default async function tallyWorker({
  start,
  port,
  heartbeat,
}: {
  readonly start: WorkerStart;
  readonly port: MessagePort;
  /** Two Int32: what this event loop counts up, and what it has in hand. */
  readonly heartbeat: SharedArrayBuffer;
}): Promise<void> {
  assert.equal(start.protocolVersion, PROTOCOL_VERSION);
  const beats = new Int32Array(heartbeat);
  const beat = () => Atomics.add(beats, 0, 1);
  beat();
  const timer = setInterval(beat, HEARTBEAT_INTERVAL_MS);
  try {
    const take = (number: number) => {
      // What is long but goes on does not hang.
      beat();
      Atomics.store(beats, 1, number);
    };
    await runWorker({ start, port, openRole, take });
  } finally {
    clearInterval(timer);
  }
}

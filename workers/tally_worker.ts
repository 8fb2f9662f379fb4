/**
 * Entry of a worker thread: one piscina task that lives as long as the run.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { MessagePort } from "node:worker_threads";
import { PROTOCOL_VERSION, type WorkerStart } from "../engine/messages.ts";
import { openRole } from "./open_role.ts";
import { runWorker } from "./worker_loop.ts";

/** Runs until the coordinator says `stop`. */
export default async function tallyWorker({
  start,
  port,
}: {
  readonly start: WorkerStart;
  readonly port: MessagePort;
}): Promise<void> {
  assert.equal(start.protocolVersion, PROTOCOL_VERSION);
  await runWorker({ start, port, openRole });
}

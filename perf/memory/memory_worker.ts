/**
 * Entry of a worker thread that reads from memory: the real worker, with
 * another transport.
 *
 * @module
 */

import { workerData } from "piscina";
import { systemClock } from "../../engine/clock.ts";
import type { WorkerTask } from "../../engine/coordinator/worker_pool.ts";
import { HEARTBEAT_INTERVAL_MS } from "../../engine/limits.ts";
import { KinesisRole } from "../../workers/kinesis/kinesis_role.ts";
import { runWorker } from "../../workers/worker_loop.ts";
import { MemoryTransport } from "./memory_transport.ts";
import type { SharedStream } from "./trip_stream.ts";

/** Runs until the coordinator says `stop`. */
export default async function memoryWorker({
  start,
  port,
  heartbeat,
}: WorkerTask): Promise<void> {
  const beats = new Int32Array(heartbeat);
  setInterval(() => Atomics.add(beats, 0, 1), HEARTBEAT_INTERVAL_MS).unref();
  const transport = new MemoryTransport(
    workerData as SharedStream,
    systemClock,
  );
  const { reading } = start;
  if (reading.type !== "kinesis") throw new TypeError("reads a stream");
  await runWorker({
    start,
    port,
    openRole: async ({ post, fail }) =>
      new KinesisRole({
        start,
        reading,
        post,
        fail,
        clock: systemClock,
        random: Math.random,
        openTransport: () => ({ transport, close: async () => {} }),
      }),
  });
}

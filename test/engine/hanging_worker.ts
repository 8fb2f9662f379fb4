/**
 * The real worker of a stream; the first of them hangs for ever right after
 * one of its flushes, once in the life of the test.
 */

import { workerData } from "node:worker_threads";
import type { WorkerTask } from "../../engine/coordinator/worker_pool.ts";
import { openRole } from "../../workers/open_role.ts";
import { runWorker } from "../../workers/worker_loop.ts";

/** What the thread is started with. */
export interface Hanging {
  /** One Int32: flushes of worker 0 so far, of all its incarnations. */
  readonly flushes: SharedArrayBuffer;
  /** It hangs after so many. */
  readonly hangsAfter: number;
}

const { flushes, hangsAfter } = workerData as Hanging;

export default async function hangingWorker({
  start,
  port,
  heartbeat,
}: WorkerTask): Promise<void> {
  const beats = new Int32Array(heartbeat);
  const timer = setInterval(() => Atomics.add(beats, 0, 1), 100);
  const count = new Int32Array(flushes);
  await runWorker({
    start,
    port,
    openRole: (options) =>
      openRole({
        ...options,
        post(message, transfer) {
          options.post(message, transfer);
          if (message.type !== "flush" || start.workerIndex !== 0) return;
          // Sleeps for ever: neither timers nor messages get through.
          if (Atomics.add(count, 0, 1) + 1 === hangsAfter) {
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
          }
        },
      }),
  });
  clearInterval(timer);
}

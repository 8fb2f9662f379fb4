/**
 * A worker thread that does what a test's start says: answers `release` with
 * `stopped`, and dies or hangs at a `credit`.
 */
import type { WorkerTask } from "../../../engine/coordinator/worker_pool.ts";
import type { CoordinatorMessage } from "../../../engine/messages.ts";

/** How it ends. */
export type Ending = "exit" | "throw" | "hang" | "memory";

export default async function mortalWorker({
  start,
  port,
  heartbeat,
}: WorkerTask): Promise<void> {
  const beats = new Int32Array(heartbeat);
  const timer = setInterval(() => Atomics.add(beats, 0, 1), 10);
  await new Promise<void>((resolve) => {
    port.on("message", (message: CoordinatorMessage) => {
      if (message.type === "stop") resolve();
      if (message.type !== "release") return;
      Atomics.store(beats, 1, 7);
      port.postMessage({
        type: "trouble",
        epoch: start.epoch,
        shardId: message.shardId,
        message: "about to end",
        attempt: 1,
      });
      end(message.shardId as Ending);
    });
  });
  clearInterval(timer);
  port.postMessage({ type: "stopped", epoch: start.epoch });
  port.close();
}

function end(how: Ending): void {
  if (how === "exit") process.exit(3);
  if (how === "throw") {
    setImmediate(() => {
      throw new Error("a fault of ours");
    });
  }
  if (how === "memory") {
    const kept: string[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => `${i}`));
  }
  if (how === "hang") for (;;);
}

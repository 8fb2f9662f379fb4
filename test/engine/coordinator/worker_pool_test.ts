/**
 * Goal: real threads that exit, throw, run out of memory or hang are noticed
 * and ended, and there are never more or fewer threads than there should be.
 */
import { readdirSync } from "node:fs";
import t from "tap";
import {
  openWorkers,
  type WorkerThread,
} from "../../../engine/coordinator/worker_pool.ts";
import type { WorkerMessage, WorkerStart } from "../../../engine/messages.ts";
import type { Ending } from "./mortal_worker.ts";

const url = new URL("mortal_worker.ts", import.meta.url).href;

/** Polls, as threads end in their own time; tap's timeout bounds it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Threads of this process, as the system counts them. */
const systemThreads = () => readdirSync("/proc/self/task").length;

interface Started {
  readonly thread: WorkerThread;
  readonly heard: WorkerMessage["type"][];
  /** How it ended by itself. */
  ended: string | undefined;
}

t.test(
  "openWorkers() tells of threads that end, and ends those that hang",
  async (t) => {
    const pool = openWorkers({
      count: 2,
      countMax: 4,
      entry: {
        url,
        // So that running out takes no long time.
        resourceLimits: { maxOldGenerationSizeMb: 64 },
      },
    });
    t.teardown(() => pool.close());
    let epoch = 0;
    const start = (): Started => {
      const started: Started = {
        heard: [],
        ended: undefined,
        thread: pool.start({ workerIndex: 1, epoch: ++epoch } as WorkerStart, {
          onMessage: ({ type }) => started.heard.push(type),
          onEnded: (error) => {
            started.ended = error?.message ?? "as told";
          },
        }),
      };
      return started;
    };
    const lives = ({ thread }: Started) => thread.beats > 0;
    const steady = start();
    const first = start();
    t.equal(pool.threadCount, 2);
    await until(() => lives(steady) && lives(first));
    /** Threads of the process while only the steady worker is there. */
    let alone = 0;

    const ends: [Ending, RegExp][] = [
      ["exit", /worker 1 ended: .*exited with code: 3/],
      ["throw", /worker 1 ended: a fault of ours/],
      ["memory", /worker 1 ended: .*memory/],
    ];
    let present = first;
    for (const [ending, message] of ends) {
      present.thread.post({ type: "release", shardId: ending });
      await until(() => present.ended !== undefined);
      t.match(present.ended, message);
      t.equal(present.thread.inHand, 7, "what it had in hand is known");
      alone ||= systemThreads();
      present = start();
      await until(() => lives(present));
      t.equal(
        pool.threadCount,
        2,
        `after ${ending} there are as many as before`,
      );
    }

    present.thread.post({ type: "release", shardId: "hang" });
    await until(() => present.heard.length > 0);
    const { beats } = present.thread;
    await new Promise((resolve) => setTimeout(resolve, 60));
    t.ok(present.thread.beats - beats <= 1, "its heart stands still");
    t.ok(lives(steady));
    present.thread.abort();
    t.equal(present.ended, undefined, "an aborted one is not mourned");
    t.equal(pool.threadCount, 1);

    const more = [start(), start()];
    await until(() => more.every(lives));
    t.equal(pool.threadCount, 3);
    for (const { thread } of more) thread.post({ type: "stop" });
    await until(() => more.every(({ ended }) => ended !== undefined));
    t.same(
      more.map(({ ended, heard }) => [ended, heard]),
      more.map(() => ["as told", ["stopped"]]),
    );
    await until(() => pool.threadCount === 1);
    await until(() => systemThreads() <= alone);
    t.pass("no thread is left behind");
    await pool.close();
    await until(() => systemThreads() < alone);
    t.equal(pool.threadCount, 0);
  },
);

/** Workers that are a test: what is posted is kept, the test says the rest. */
import { setImmediate as turn } from "node:timers/promises";
import type {
  WorkerListener,
  Workers,
  WorkerThread,
} from "../../engine/coordinator/worker_pool.ts";
import type {
  CoordinatorMessage,
  WorkerMessage,
  WorkerStart,
} from "../../engine/messages.ts";

/** One incarnation. */
export class FakeThread implements WorkerThread {
  readonly start: WorkerStart;
  readonly posted: CoordinatorMessage[] = [];
  beats = 1;
  inHand = 0;
  aborted = false;
  readonly #listener: WorkerListener;

  constructor(start: WorkerStart, listener: WorkerListener) {
    this.start = start;
    this.#listener = listener;
  }

  post(message: CoordinatorMessage): void {
    this.posted.push(message);
  }

  abort(): void {
    this.aborted = true;
  }

  /** Says something, with its own epoch, even after it was aborted. */
  say(message: WorkerMessage): void {
    this.#listener.onMessage({ ...message, epoch: this.start.epoch });
  }

  /** Says `stopped` and ends, as a worker that was told to stop. */
  stop(): void {
    this.say({ type: "stopped", epoch: 0 });
    this.end();
  }

  /** Ends by itself. */
  end(error?: Parameters<WorkerListener["onEnded"]>[0]): void {
    this.#listener.onEnded(error);
  }
}

/** Threads of a test. */
export class FakeWorkers implements Workers {
  readonly threads: FakeThread[] = [];
  /** Told of every message to a worker. */
  onPost: (thread: FakeThread, message: CoordinatorMessage) => void = () => {};

  get threadCount(): number {
    return this.threads.filter(({ aborted }) => !aborted).length;
  }

  start(start: WorkerStart, listener: WorkerListener): FakeThread {
    const thread = new FakeThread(start, listener);
    const post = thread.post.bind(thread);
    thread.post = (message) => {
      post(message);
      this.onPost(thread, message);
    };
    this.threads.push(thread);
    return thread;
  }

  /** The present incarnation of a worker. */
  of(worker: number): FakeThread {
    const found = this.threads.findLast(
      ({ start }) => start.workerIndex === worker,
    );
    if (found === undefined) throw new Error(`no worker ${worker}`);
    return found;
  }

  async close(): Promise<void> {
    for (const thread of this.threads) thread.abort();
    await turn();
  }
}

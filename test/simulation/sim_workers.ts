/** The pool of simulated threads, as the coordinator sees it. */
import type {
  WorkerListener,
  Workers,
  WorkerThread,
} from "../../engine/coordinator/worker_pool.ts";
import type { WorkerStart } from "../../engine/messages.ts";
import type { Life } from "./scheduler.ts";
import { SimThread } from "./sim_thread.ts";
import type { World } from "./world.ts";

export class SimWorkers implements Workers {
  readonly #world: World;
  readonly #process: Life;
  readonly #threads: SimThread[] = [];
  #closing = false;

  constructor(world: World, process: Life) {
    this.#world = world;
    this.#process = process;
  }

  /** Threads that run. */
  get alive(): SimThread[] {
    return this.#threads.filter((thread) => thread.alive);
  }

  get threadCount(): number {
    return this.alive.length;
  }

  start(start: WorkerStart, listener: WorkerListener): WorkerThread {
    const thread = new SimThread({
      world: this.#world,
      process: this.#process,
      start,
      onMessage: (message) => {
        if (!this.#closing) listener.onMessage(message);
      },
      onEnded: (error) => {
        if (!this.#closing) listener.onEnded(error);
      },
    });
    this.#threads.push(thread);
    return thread;
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const thread of this.alive) thread.abort();
  }
}

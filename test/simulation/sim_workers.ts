/** The pool of simulated threads, as the coordinator sees it. */
import type {
  StartWorkersOptions,
  Workers,
} from "../../engine/coordinator/worker_pool.ts";
import { FlagdropError } from "../../engine/errors.ts";
import { PROTOCOL_VERSION } from "../../engine/messages.ts";
import type { Life } from "./scheduler.ts";
import { SimThread } from "./sim_threads.ts";
import type { World } from "./world.ts";

export class SimWorkers implements Workers {
  readonly threads: SimThread[];
  readonly count: number;

  constructor(world: World, process: Life, options: StartWorkersOptions) {
    const { count, start, onMessage, onLost } = options;
    this.count = count;
    let closing = false;
    this.#close = () => {
      closing = true;
    };
    this.threads = Array.from({ length: count }, (_, worker) => {
      return new SimThread({
        world,
        process,
        start: {
          ...start,
          protocolVersion: PROTOCOL_VERSION,
          workerIndex: worker,
          epoch: 1,
        },
        onMessage: (message) => onMessage(worker, message),
        onEnded: (error) => {
          if (closing || error === undefined) return;
          onLost(worker, new FlagdropError("FD_WORKER", error.message));
        },
      });
    });
  }

  readonly #close: () => void;

  post(...[worker, message, transfer]: Parameters<Workers["post"]>): void {
    this.threads[worker]?.post(message, transfer);
  }

  async close(): Promise<void> {
    this.#close();
    for (const thread of this.threads) thread.die();
  }
}

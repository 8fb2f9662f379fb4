/** One way of a message port: copies, delays, keeps the order. */
import type { Life } from "./scheduler.ts";
import type { World } from "./world.ts";

/** Options for {@linkcode SimPort}. */
export interface SimPortOptions<T> {
  readonly world: World;
  /** Who receives: what is under way is lost with it. */
  readonly to: Life;
  readonly deliver: (message: T) => void;
}

const DELAY_MS_MAX = 15;
/** Keeps two messages of one port apart. */
const GAP_MS = 0.001;

export class SimPort<T> {
  readonly #options: SimPortOptions<T>;
  #lastAtMs = 0;

  constructor(options: SimPortOptions<T>) {
    this.#options = options;
  }

  /** Does something once all that was sent so far has come. */
  afterLast(run: () => void): void {
    const { world, to } = this.#options;
    const delayMs = this.#lastAtMs + GAP_MS - world.scheduler.nowMs;
    world.scheduler.plan(to, delayMs, run);
  }

  /** Sends; buffers in `transfer` are gone afterwards, as between threads. */
  post(message: T, transfer: readonly ArrayBuffer[] = []): void {
    const { world, to, deliver } = this.#options;
    const { scheduler, random } = world;
    const copy = structuredClone(message, { transfer: [...transfer] });
    const delayMs = random.next() ** 3 * DELAY_MS_MAX;
    this.#lastAtMs = Math.max(
      this.#lastAtMs + GAP_MS,
      scheduler.nowMs + delayMs,
    );
    scheduler.plan(to, this.#lastAtMs - scheduler.nowMs, () => deliver(copy));
  }
}

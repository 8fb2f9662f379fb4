/** A clock whose intervals come when a test turns it. */
import type { CallOff } from "../../../engine/clock.ts";
import { HandClock } from "../../engine/local_kinesis/hand_clock.ts";

export class TickingClock extends HandClock {
  readonly #ticks = new Set<{ everyMs: number; nextMs: number; run(): void }>();

  override every(intervalMs: number, run: () => void): CallOff {
    const nextMs = this.monotonicMs() + intervalMs;
    const tick = { everyMs: intervalMs, nextMs, run };
    this.#ticks.add(tick);
    return () => this.#ticks.delete(tick);
  }

  override advance(durationMs: number): void {
    super.advance(durationMs);
    for (const tick of [...this.#ticks]) {
      while (tick.nextMs <= this.monotonicMs() && this.#ticks.has(tick)) {
        tick.nextMs += tick.everyMs;
        tick.run();
      }
    }
  }
}

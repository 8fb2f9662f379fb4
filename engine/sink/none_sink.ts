/**
 * A sink for measuring the engine: builds and serialises every document, then
 * drops it.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { JobPlan } from "../job/plan.ts";
import { LineRenderer } from "./line_renderer.ts";
import type { FiredWindow, Sink, SinkStats } from "./sink.ts";

/** Renders JSON lines and counts their bytes. */
export class NoneSink implements Sink {
  readonly name = "none";
  readonly lengthBytes = 0;
  readonly #renderer: LineRenderer;
  #documents = 0;
  #bytes = 0;

  constructor(plan: JobPlan) {
    this.#renderer = new LineRenderer(plan);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async write(windows: readonly FiredWindow[]): Promise<void> {
    this.#documents += await this.#renderer.render(windows, async (chunk) => {
      this.#bytes += chunk.length;
      await setImmediate();
    });
  }

  /** Nothing is kept. */
  async sync(): Promise<void> {}

  stats(): SinkStats {
    return { documents: this.#documents, bytes: this.#bytes, retries: 0 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

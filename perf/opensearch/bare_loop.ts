/**
 * The rival: a loop of ready-made bodies that reads nothing of the answers.
 *
 * @module
 */
import { Agent } from "undici";
import { BULK_FILTER } from "../../engine/sink/opensearch/bulk_answer.ts";
import { BulkRenderer } from "../../engine/sink/opensearch/bulk_renderer.ts";
import { planIndices } from "../../engine/sink/opensearch/index_plan.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";
import { PLAN, settingsFor } from "./bench_windows.ts";

/** Options for {@linkcode BareLoop}. */
export interface BareLoopOptions {
  readonly origin: string;
  readonly indexPrefix: string;
  /** Bytes of a body. */
  readonly bodyBytes: number;
  /** Requests in flight. */
  readonly requests: number;
}

/** Bodies that are ready, and the way to send them. */
export class BareLoop {
  readonly #bodies: Buffer[] = [];
  readonly #agent: Agent;
  readonly #options: BareLoopOptions;

  constructor(windows: readonly FiredWindow[], options: BareLoopOptions) {
    const { origin, indexPrefix, bodyBytes, requests } = options;
    this.#options = options;
    this.#agent = new Agent({ connections: requests });
    const settings = settingsFor(origin, indexPrefix);
    const renderer = new BulkRenderer(PLAN, planIndices(PLAN, settings));
    renderer.begin(windows.map((window) => ({ window, rows: "all" })));
    for (;;) {
      const batch = renderer.next(bodyBytes, requests);
      if (batch === undefined) break;
      this.#bodies.push(batch.bytes);
    }
  }

  /** Sends all of it. */
  async run(): Promise<void> {
    const lanes = Array.from({ length: this.#options.requests }, () =>
      this.#lane(),
    );
    await Promise.all(lanes);
  }

  async #lane(): Promise<void> {
    const { origin } = this.#options;
    for (;;) {
      const body = this.#bodies.shift();
      if (body === undefined) return;
      const answer = await this.#agent.request({
        origin,
        path: `/_bulk?${BULK_FILTER}`,
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body,
      });
      await answer.body.dump({ limit: Number.MAX_SAFE_INTEGER });
    }
  }

  /** Lets go of its connections. */
  async close(): Promise<void> {
    await this.#agent.close();
  }
}

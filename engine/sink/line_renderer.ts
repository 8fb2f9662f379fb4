/**
 * Fired windows as chunks of JSON lines, rendered into one reused buffer.
 *
 * @module
 */
import type { JobPlan } from "../job/plan.ts";
import { DocumentWriter } from "./document_kernel.ts";
import { LINE_BYTES_MAX, RENDER_BUFFER_BYTES } from "./limits.ts";
import type { FiredWindow } from "./sink.ts";

/** Takes one chunk; its bytes are overwritten once the promise resolves. */
export type ChunkTaker = (chunk: Uint8Array) => Promise<void>;

/** Renders the documents of a job as JSON lines. */
export class LineRenderer {
  readonly #writers: readonly DocumentWriter[];
  readonly #buffer = Buffer.allocUnsafeSlow(RENDER_BUFFER_BYTES);

  constructor(plan: JobPlan) {
    this.#writers = plan.queries.map((query) => new DocumentWriter(query));
  }

  /**
   * Renders every document of some windows, in order.
   *
   * @param windows Windows of the job's queries.
   * @param take Called with each full chunk of whole lines, and the last one.
   * @returns Number of documents.
   */
  async render(
    windows: readonly FiredWindow[],
    take: ChunkTaker,
  ): Promise<number> {
    const last = RENDER_BUFFER_BYTES - LINE_BYTES_MAX;
    let documents = 0;
    let end = 0;
    for (const window of windows) {
      let row = 0;
      while (row < window.rowCount) {
        const writer = this.#begin(window);
        for (; row < window.rowCount && end <= last; row++) {
          end = writer.writeLine(row, this.#buffer, end);
        }
        if (end <= last) continue;
        await take(this.#buffer.subarray(0, end));
        end = 0;
      }
      documents += window.rowCount;
    }
    if (end > 0) await take(this.#buffer.subarray(0, end));
    return documents;
  }

  #begin(window: FiredWindow): DocumentWriter {
    const writer = this.#writers[window.query.index];
    if (writer === undefined) {
      throw new RangeError(
        `Cannot render query "${window.query.name}" as the job has ${this.#writers.length} queries`,
      );
    }
    writer.begin(window);
    return writer;
  }
}

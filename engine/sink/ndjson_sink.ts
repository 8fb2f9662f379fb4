/**
 * Documents as JSON lines in a file or on standard output.
 *
 * A file gets a line for each time a document is written; a corrected document
 * is a later line with the same `_id`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { JobPlan } from "../job/plan.ts";
import {
  type ByteOutput,
  openFileOutput,
  StreamOutput,
} from "./byte_output.ts";
import { LineRenderer } from "./line_renderer.ts";
import type { FiredWindow, Sink, SinkStats } from "./sink.ts";

/** Where an {@linkcode NdjsonSink} writes. */
export type NdjsonTarget =
  | {
      readonly type: "file";
      readonly path: string;
      /** See `FileOutputOptions`; without it a fresh run replaces the file. */
      readonly resumeAtBytes?: number | undefined;
    }
  | { readonly type: "stream"; readonly stream: NodeJS.WritableStream };

/** Writes JSON lines. */
export class NdjsonSink implements Sink {
  readonly name: string;
  readonly #target: NdjsonTarget;
  readonly #renderer: LineRenderer;
  #output: ByteOutput | undefined;
  #documents = 0;
  #lengthAtOpenBytes = 0;
  #lengthBytes = 0;

  constructor(plan: JobPlan, target: NdjsonTarget) {
    this.name = target.type === "file" ? `ndjson:${target.path}` : "ndjson:-";
    this.#target = target;
    this.#renderer = new LineRenderer(plan);
  }

  /** Length of the file after the last whole write, for a checkpoint. */
  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  async open(): Promise<void> {
    assert(this.#output === undefined);
    const target = this.#target;
    this.#output =
      target.type === "file"
        ? await openFileOutput(target.path, {
            subject: "results",
            resumeAtBytes: target.resumeAtBytes,
          })
        : new StreamOutput(target.stream, "standard output");
    this.#lengthBytes = this.#output.lengthBytes;
    this.#lengthAtOpenBytes = this.#lengthBytes;
  }

  async write(windows: readonly FiredWindow[]): Promise<void> {
    const output = this.#opened();
    const documents = await this.#renderer.render(windows, (chunk) =>
      output.write(chunk),
    );
    this.#documents += documents;
    this.#lengthBytes = output.lengthBytes;
  }

  /** Makes everything written durable; a checkpoint may then count on it. */
  async sync(): Promise<void> {
    await this.#opened().sync();
  }

  stats(): SinkStats {
    return {
      documents: this.#documents,
      bytes: this.#lengthBytes - this.#lengthAtOpenBytes,
      retries: 0,
    };
  }

  async close(): Promise<void> {
    const output = this.#output;
    this.#output = undefined;
    await output?.close();
  }

  #opened(): ByteOutput {
    assert(this.#output !== undefined);
    return this.#output;
  }
}

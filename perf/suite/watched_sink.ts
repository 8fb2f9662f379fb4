/**
 * A sink that says when a certain window has been written, and sums up what
 * was.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { documentOf } from "../../engine/sink/document.ts";
import type { FiredWindow, Sink, SinkStats } from "../../engine/sink/sink.ts";

/** Watches what another sink is given. */
export class WatchedSink implements Sink {
  readonly name: string;
  readonly #sink: Sink;
  #waited = Number.NaN;
  #wake: () => void = () => {};
  #digests = false;
  #lines: string[] = [];
  /** Documents since the last {@linkcode begin}. */
  documents = 0;
  /** Called with the timestamp of each window that was written. */
  onWritten: (timestampMs: number) => void = () => {};

  constructor(sink: Sink) {
    this.#sink = sink;
    this.name = sink.name;
  }

  get lengthBytes(): number {
    return this.#sink.lengthBytes;
  }

  /** Begins to count anew. */
  begin(digests: boolean): void {
    this.documents = 0;
    this.#digests = digests;
    this.#lines = [];
  }

  /** Resolves when the windows of this timestamp have been written. */
  until(timestampMs: number): Promise<void> {
    this.#waited = timestampMs;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Of the documents since `begin`, whatever their order; empty if unasked. */
  digest(): string {
    return this.#digests ? digestOf(this.#lines) : "";
  }

  open(): Promise<void> {
    return this.#sink.open();
  }

  async write(windows: readonly FiredWindow[]): Promise<void> {
    await this.#sink.write(windows);
    let reached = false;
    for (const window of windows) {
      this.documents += window.rowCount;
      this.onWritten(window.timestampMs);
      reached ||= window.timestampMs >= this.#waited;
      for (let row = 0; this.#digests && row < window.rowCount; row++) {
        this.#lines.push(JSON.stringify(documentOf(window, row)));
      }
    }
    if (reached) this.#wake();
  }

  sync(): Promise<void> {
    return this.#sink.sync();
  }

  stats(): SinkStats {
    return this.#sink.stats();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}

/** A digest of documents as JSON texts, whatever their order. */
export function digestOf(lines: string[]): string {
  const text = lines.sort().join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

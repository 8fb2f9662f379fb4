/**
 * An HTTP response as the place where an event stream goes.
 *
 * @module
 */
import type { Writable } from "node:stream";
import type { EventOutput } from "../wire/events_answer.ts";

/** Writes as fast as the client reads. */
export class ResponseOutput implements EventOutput {
  readonly #response: Writable;
  #isClosed = false;
  readonly #listeners: (() => void)[] = [];

  constructor(response: Writable) {
    this.#response = response;
    response.once("close", () => {
      this.#isClosed = true;
      for (const tell of this.#listeners) tell();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async write(message: Buffer): Promise<void> {
    const response = this.#response;
    if (this.#isClosed || response.write(message)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        response.removeListener("drain", done);
        response.removeListener("close", done);
        resolve();
      };
      response.once("drain", done);
      response.once("close", done);
    });
  }
}

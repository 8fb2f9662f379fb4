/**
 * One POST and its answer, put together in one buffer; by undici, where a proxy
 * stands between us and the service.
 *
 * @module
 */
import type { Dispatcher } from "undici";
import { CALLED_OFF, type Clock } from "../../engine/clock.ts";
import { errorLine } from "../../engine/errors.ts";
import { noAnswer } from "../../engine/kinesis/request_error.ts";
import type { AnswerBuffers } from "./answer_buffers.ts";
import { ANSWER_BYTES_MAX } from "./limits.ts";

/** What is posted. */
export interface HttpPost {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** Longest time until the whole answer is there. */
  readonly deadlineMs: number;
}

/** With what it is posted. */
export interface HttpPostContext {
  readonly buffers: AnswerBuffers;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A whole answer, of any status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Belongs to the receiver until it is given back to the buffers. */
  readonly bytes: Buffer;
  /** The answer's part of `bytes`, from their start. */
  readonly length: number;
}

/** Posts to one service. */
export interface HttpPoster {
  /**
   * Posts.
   *
   * @returns The answer, whatever its status.
   * @throws {KinesisRequestError} Of kind `transient` if there is none: the
   * network failed, the deadline passed, or `signal` was aborted.
   */
  post(post: HttpPost, context: HttpPostContext): Promise<HttpAnswer>;
  /** Cuts all connections. */
  close(): Promise<void>;
}

/** Collects one answer. Once it has settled it takes no part any more. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #buffers: AnswerBuffers;
  readonly #settle: (error: Error | undefined, answer?: HttpAnswer) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #headers: HttpAnswer["headers"] = {};
  #bytes: Buffer | undefined;
  #length = 0;

  constructor(
    buffers: AnswerBuffers,
    settle: (error: Error | undefined, answer?: HttpAnswer) => void,
  ) {
    this.#buffers = buffers;
    this.#settle = settle;
  }

  /** Gives up: rejects now, and cuts the connection. */
  abort(error: Error): void {
    if (this.#isSettled) return;
    this.#finish(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) controller.abort(noAnswer("given up"));
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: HttpAnswer["headers"],
  ): void {
    // An interim answer (1xx) may come before the one that counts.
    if (this.#isSettled || status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const announced = Number(headers["content-length"] ?? 0);
    if (announced > ANSWER_BYTES_MAX) this.#tooLarge();
    else this.#bytes = this.#buffers.take(announced);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const bytes = this.#bytes;
    if (bytes === undefined) return;
    const length = this.#length + chunk.length;
    if (length > ANSWER_BYTES_MAX) {
      this.#tooLarge();
      return;
    }
    if (length > bytes.length) {
      const larger = this.#buffers.take(length);
      bytes.copy(larger, 0, 0, this.#length);
      this.#buffers.give(bytes);
      this.#bytes = larger;
    }
    this.#bytes?.set(chunk, this.#length);
    this.#length = length;
  }

  onResponseEnd(): void {
    const bytes = this.#bytes;
    if (this.#isSettled || bytes === undefined) return;
    this.#bytes = undefined;
    this.#isSettled = true;
    this.#settle(undefined, {
      status: this.#status,
      headers: this.#headers,
      bytes,
      length: this.#length,
    });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isSettled) this.#finish(noAnswer(errorLine(error), error));
  }

  #tooLarge(): void {
    this.abort(noAnswer(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`));
  }

  #finish(error: Error): void {
    this.#isSettled = true;
    if (this.#bytes !== undefined) this.#buffers.give(this.#bytes);
    this.#bytes = undefined;
    this.#settle(error);
  }
}

/** Posts through undici. */
export class DispatcherPoster implements HttpPoster {
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  post(post: HttpPost, context: HttpPostContext): Promise<HttpAnswer> {
    return dispatchPost(this.#dispatcher, post, context);
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

async function dispatchPost(
  dispatcher: Dispatcher,
  post: HttpPost,
  context: HttpPostContext,
): Promise<HttpAnswer> {
  const { buffers, clock, signal } = context;
  if (signal.aborted) throw noAnswer("stopped");
  const settled = new AbortController();
  let collector: Collector | undefined;
  const stop = () => collector?.abort(noAnswer("stopped"));
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      collector = new Collector(buffers, (error, answer) => {
        if (answer !== undefined) resolve(answer);
        else reject(error);
      });
      signal.addEventListener("abort", stop, { once: true });
      void clock.sleep(post.deadlineMs, settled.signal).then(() => {
        collector?.abort(noAnswer(`no answer within ${post.deadlineMs} ms`));
      });
      dispatcher.dispatch(
        {
          origin: post.url.origin,
          path: `${post.url.pathname}${post.url.search}`,
          method: "POST",
          headers: post.headers,
          body: post.body,
        },
        collector,
      );
    });
  } finally {
    settled.abort(CALLED_OFF);
    signal.removeEventListener("abort", stop);
  }
}

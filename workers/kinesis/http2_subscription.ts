/**
 * One subscription on an HTTP/2 stream: its events, pulled one by one.
 *
 * @module
 */
import { type ClientHttp2Stream, constants } from "node:http2";
import { errorLine } from "../../engine/errors.ts";
import { refusalFromCbor } from "../../engine/kinesis/get_records_cbor.ts";
import { refusalFromJson } from "../../engine/kinesis/get_records_json.ts";
import {
  GarbledAnswerError,
  type KinesisErrorKind,
  KinesisRequestError,
  kinesisErrorKind,
  noAnswer,
} from "../../engine/kinesis/request_error.ts";
import { walkEvent } from "../../engine/kinesis/subscription_event.ts";
import type { AnswerBuffers } from "./answer_buffers.ts";
import { type EventMessage, EventStreamReader } from "./event_stream_reader.ts";
import type { Subscription } from "./subscription.ts";
import type { RecordsAnswer } from "./transport.ts";

/** Status of a refusal that came as an event: the request itself was fine. */
const EVENT_STATUS = 200;

/**
 * What speaks against the request, yet came after it was accepted: it may be
 * repeated, and is repaired or refused then.
 */
const ENDS_SUBSCRIPTION_ONLY: ReadonlySet<KinesisErrorKind> = new Set([
  "refused",
  "credentials",
  "clock",
  "encoding",
  "expired_iterator",
]);

/** What an exception or an error inside the stream means. */
function refusalIn({ headers, payload }: EventMessage): KinesisRequestError {
  const code =
    headers.get(":exception-type") ?? headers.get(":error-code") ?? "";
  let message = headers.get(":error-message") ?? "";
  try {
    const read = payload[0] === 0x7b ? refusalFromJson : refusalFromCbor;
    message ||= read(payload, payload.length).message;
  } catch (error) {
    if (!(error instanceof GarbledAnswerError)) throw error;
  }
  const details = { status: EVENT_STATUS, code, message: message || code };
  const kind = kinesisErrorKind(details);
  return new KinesisRequestError(
    ENDS_SUBSCRIPTION_ONLY.has(kind) ? "transient" : kind,
    details,
  );
}

/** Options for {@linkcode Http2Subscription}. */
export interface Http2SubscriptionOptions {
  /** Where events are put together. */
  readonly buffers: AnswerBuffers;
  /** Says what a refusal inside the stream means for the run. */
  readonly fatalError: (error: KinesisRequestError) => unknown;
  /** The connection should not be used again. */
  readonly onSuspect: () => void;
}

/** Reads events while they are asked for; the stream stands still otherwise. */
export class Http2Subscription implements Subscription {
  readonly #stream: ClientHttp2Stream;
  readonly #reader: EventStreamReader;
  readonly #options: Http2SubscriptionOptions;
  #isOver = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  /** @param stream Its answer's head was read, its body not. */
  constructor(stream: ClientHttp2Stream, options: Http2SubscriptionOptions) {
    this.#stream = stream;
    this.#reader = new EventStreamReader(options.buffers);
    this.#options = options;
    this.#isOver = stream.destroyed;
    stream.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#wake();
    });
    stream.on("error", (error) => {
      this.#error = noAnswer(
        `the subscription was cut: ${errorLine(error)}`,
        error,
      );
      this.#over();
    });
    stream.on("end", () => this.#over());
    stream.on("close", () => this.#over());
    stream.pause();
  }

  #over(): void {
    this.#isOver = true;
    this.#wake();
  }

  async next(signal: AbortSignal): Promise<RecordsAnswer | undefined> {
    while (!signal.aborted) {
      const message = this.#reader.next();
      if (message !== undefined) {
        const answer = this.#answer(message);
        if (answer !== undefined) return answer;
      } else if (this.#isOver) {
        if (this.#error !== undefined) throw this.#error;
        if (this.#reader.isInside) throw noAnswer("an event was cut");
        return undefined;
      } else await this.#more(signal);
    }
    return undefined;
  }

  /** Waits for bytes, the end, or a stop. */
  async #more(signal: AbortSignal): Promise<void> {
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#stream.resume();
      });
    } finally {
      signal.removeEventListener("abort", stop);
      this.#wake = () => {};
      this.#stream.pause();
    }
  }

  /** An event with records; undefined for what carries none. */
  #answer(message: EventMessage): RecordsAnswer | undefined {
    const { headers, payload, release } = message;
    const type = headers.get(":message-type");
    if (type !== "event") {
      try {
        throw this.#options.fatalError(refusalIn(message));
      } finally {
        release();
      }
    }
    if (headers.get(":event-type") !== "SubscribeToShardEvent") {
      // The answer to the request itself, or something newer than this code.
      release();
      return undefined;
    }
    return {
      byteLength: payload.length,
      readInto: (columns) => walkEvent(payload, columns),
      release,
    };
  }

  close(isSuspect: boolean): void {
    this.#reader.close();
    if (isSuspect) this.#options.onSuspect();
    if (!this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}

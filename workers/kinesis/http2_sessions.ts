/**
 * HTTP/2 connections to one service, shared by the subscriptions of a worker.
 *
 * @module
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type SecureClientSessionOptions,
} from "node:http2";
import type { Clock } from "../../engine/clock.ts";
import { errorLine } from "../../engine/errors.ts";
import { noAnswer } from "../../engine/kinesis/request_error.ts";
import {
  CONNECTION_AGE_MS_MAX,
  CONNECTION_MIB_MAX,
  CONNECTION_WINDOW_BYTES,
  SUBSCRIPTION_WINDOW_BYTES,
  SUBSCRIPTIONS_PER_CONNECTION_MAX,
} from "./limits.ts";

/** Options for {@linkcode Http2Sessions}. */
export interface Http2SessionsOptions {
  /** Absolute address of the service; `http:` is spoken without TLS. */
  readonly url: URL;
  /** For the connection, such as certificate authorities. */
  readonly connect: SecureClientSessionOptions;
  readonly clock: Clock;
}

/** What is sent on a new stream. */
export interface Http2Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One connection; it takes streams until it is old, full or suspect. */
class Session {
  readonly http2: ClientHttp2Session;
  /** Resolves when the service has said how many streams it takes. */
  readonly opened: Promise<void>;
  readonly #retireAtMs: number;
  #streamsMax = SUBSCRIPTIONS_PER_CONNECTION_MAX;
  #streams = 0;
  #isRetired = false;

  constructor({ url, connect: options, clock }: Http2SessionsOptions) {
    this.#retireAtMs = clock.monotonicMs() + CONNECTION_AGE_MS_MAX;
    const http2 = connect(url, {
      ...options,
      maxSessionMemory: CONNECTION_MIB_MAX,
      settings: {
        enablePush: false,
        initialWindowSize: SUBSCRIPTION_WINDOW_BYTES,
      },
    });
    this.http2 = http2;
    this.opened = new Promise((resolve, reject) => {
      http2.once("remoteSettings", ({ maxConcurrentStreams }) => {
        this.#streamsMax = Math.min(
          this.#streamsMax,
          Math.max(1, maxConcurrentStreams ?? this.#streamsMax),
        );
        http2.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
        resolve();
      });
      // Its streams fail by themselves; later errors have nobody to tell.
      http2.on("error", (error) => {
        reject(noAnswer(`no HTTP/2 connection: ${errorLine(error)}`, error));
      });
      http2.on("close", () => reject(noAnswer("the connection was closed")));
    });
    this.opened.catch(() => {});
  }

  get isOver(): boolean {
    return this.http2.closed || this.http2.destroyed;
  }

  isOld(nowMs: number): boolean {
    return nowMs >= this.#retireAtMs;
  }

  get takesStreams(): boolean {
    return !this.#isRetired && !this.isOver && this.#streams < this.#streamsMax;
  }

  /** Opens a stream; ended streams leave room for others. */
  async stream({ headers, body }: Http2Request): Promise<ClientHttp2Stream> {
    this.#streams++;
    try {
      await this.opened;
      const { host = "", ...rest } = headers;
      const stream = this.http2.request({
        ":method": "POST",
        ":path": "/",
        ":authority": host,
        ...rest,
      });
      // Whoever reads it hears of errors; nobody may be reading it just now.
      stream.on("error", () => {});
      stream.once("close", () => this.#left());
      stream.end(body);
      return stream;
    } catch (error) {
      this.#left();
      throw error;
    }
  }

  #left(): void {
    this.#streams--;
    if (this.#isRetired) this.retire();
  }

  /** Takes no more streams, and is closed with its last one. */
  retire(): void {
    this.#isRetired = true;
    if (this.#streams === 0 && !this.isOver) this.http2.close();
  }
}

/** Opens streams, and connections as they are needed. */
export class Http2Sessions {
  readonly #options: Http2SessionsOptions;
  #sessions: Session[] = [];

  constructor(options: Http2SessionsOptions) {
    this.#options = options;
  }

  /** Connections that are open. */
  get count(): number {
    return this.#sessions.filter(({ isOver }) => !isOver).length;
  }

  /**
   * Sends a request on a stream of its own.
   *
   * @throws {KinesisRequestError} Of kind `transient` if there is no
   * connection to be had.
   */
  async request(request: Http2Request): Promise<ClientHttp2Stream> {
    const nowMs = this.#options.clock.monotonicMs();
    for (const session of this.#sessions) {
      if (session.isOld(nowMs)) session.retire();
    }
    this.#sessions = this.#sessions.filter(({ isOver }) => !isOver);
    let session = this.#sessions.find(({ takesStreams }) => takesStreams);
    if (session === undefined) {
      session = new Session(this.#options);
      this.#sessions.push(session);
    }
    try {
      return await session.stream(request);
    } catch (error) {
      throw noAnswer(errorLine(error), error);
    }
  }

  /** No further streams on the connection that this one came over. */
  retire(stream: ClientHttp2Stream): void {
    this.#sessions.find(({ http2 }) => http2 === stream.session)?.retire();
  }

  /** Cuts all connections. */
  destroy(): void {
    for (const { http2 } of this.#sessions) http2.destroy();
    this.#sessions = [];
  }
}

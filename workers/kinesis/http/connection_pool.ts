/**
 * Connections to one service, kept alive: an HTTP/1.1 client that can do just
 * what reading a stream needs, at a third of a general one's cost
 * (`perf/wire_bench.ts`).
 *
 * @module
 */
import { createSecureContext, rootCertificates } from "node:tls";
import type { Clock } from "../../../engine/clock.ts";
import { noAnswer } from "../../../engine/kinesis/request_error.ts";
import type {
  HttpAnswer,
  HttpPost,
  HttpPostContext,
  HttpPoster,
} from "../http_post.ts";
import { AnswerAssembler } from "./answer_assembler.ts";
import { HttpConnection, type Peer } from "./connection.ts";
import {
  CONNECT_MS_MAX,
  CONNECTION_AGE_MS_MAX,
  CONNECTIONS_MAX,
  IDLE_HINT_MARGIN_MS,
  IDLE_MS_MAX,
  READ_BYTES,
} from "./limits.ts";

/** Options for {@linkcode ConnectionPool}. */
export interface ConnectionPoolOptions {
  /** Absolute address of the service. */
  readonly endpoint: string;
  /** Further certificate authorities, PEM; empty for none. */
  readonly caPem: string;
}

function peerOf({ endpoint, caPem }: ConnectionPoolOptions): Peer {
  const { hostname, port, protocol } = new URL(endpoint);
  const isTls = protocol === "https:";
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (isTls ? 443 : 80)),
    secureContext: isTls
      ? createSecureContext(
          caPem === "" ? {} : { ca: [...rootCertificates, caPem] },
        )
      : undefined,
  };
}

const LINE_BREAK_REGEXP = /[\r\n]/;

/** Head and body as they are sent: put together once, all checked at once. */
function requestOf({ url, headers, body }: HttpPost): Buffer {
  let lines = "";
  let plain = "";
  for (const name in headers) {
    if (name === "content-length" || name === "host") continue;
    lines += `\r\n${name}: ${headers[name]}`;
    plain += `${name}${headers[name]}`;
  }
  const host = headers["host"] ?? url.host;
  plain += host;
  const head = `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${host}${lines}\r\ncontent-length: ${body.length}\r\n\r\n`;
  if (LINE_BREAK_REGEXP.test(plain)) {
    throw new RangeError("Cannot send a header that has a line break");
  }
  const request = Buffer.allocUnsafe(head.length + body.length);
  request.write(head, 0, "latin1");
  request.set(body, head.length);
  return request;
}

/** A request on its way. */
class Sending {
  readonly request: Buffer;
  readonly context: HttpPostContext;
  /** Why it was given up. */
  given: Error | undefined;
  /** What carries it at present. */
  connection: HttpConnection | undefined;
  /** Ends its wait for a connection. */
  wake: (() => void) | undefined;

  constructor(request: Buffer, context: HttpPostContext) {
    this.request = request;
    this.context = context;
  }

  /** Cuts what is under way. */
  giveUp(error: Error): void {
    this.given ??= error;
    this.connection?.abort(this.given);
    this.wake?.();
  }
}

/** Requests on their way that end when a signal is aborted. */
const sendings = new WeakMap<AbortSignal, Set<Sending>>();

/**
 * The requests that a signal ends. A shard has one signal for all its requests:
 * listening once for all of them costs less than anew for each.
 */
function sendingsOf(signal: AbortSignal): Set<Sending> {
  let those = sendings.get(signal);
  if (those === undefined) {
    const added = new Set<Sending>();
    const all = () => {
      for (const one of [...added]) one.giveUp(noAnswer("stopped"));
    };
    signal.addEventListener("abort", all, { once: true });
    sendings.set(signal, added);
    those = added;
  }
  return those;
}

/** The connections. */
export class ConnectionPool implements HttpPoster {
  readonly #peer: Peer;
  /** The one that was used last is last. */
  #idle: HttpConnection[] = [];
  readonly #busy = new Set<HttpConnection>();
  #waiting: (() => void)[] = [];
  /** Of all connections: one each would be 16 MiB, and renewed with them. */
  readonly #scratch = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(options: ConnectionPoolOptions) {
    this.#peer = peerOf(options);
  }

  /** Connections that are open, busy or not. */
  get connectionCount(): number {
    const idle = this.#idle.filter(({ isOpen }) => isOpen);
    return idle.length + this.#busy.size;
  }

  async post(post: HttpPost, context: HttpPostContext): Promise<HttpAnswer> {
    const { clock, signal } = context;
    if (signal.aborted) throw noAnswer("stopped");
    const sending = new Sending(requestOf(post), context);
    const stoppable = sendingsOf(signal);
    stoppable.add(sending);
    const endDeadline = clock.after(post.deadlineMs, () => {
      sending.giveUp(noAnswer(`no answer within ${post.deadlineMs} ms`));
    });
    try {
      // Without a wait the request is on its way before this returns.
      if (this.#busy.size >= CONNECTIONS_MAX) await this.#turn(sending);
      if (sending.given !== undefined) throw sending.given;
      return await this.#send(sending);
    } finally {
      endDeadline();
      stoppable.delete(sending);
      this.#waiting.shift()?.();
    }
  }

  /** Waits while all connections are busy. */
  async #turn(sending: Sending): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      sending.wake = resolve;
    });
  }

  /**
   * Sends. A connection that was idle may have been closed by the other side
   * while the request was on its way: then it is sent again, on a new one.
   */
  async #send(sending: Sending): Promise<HttpAnswer> {
    const { clock, buffers } = sending.context;
    const kept = this.#takeIdle(clock);
    if (kept !== undefined) {
      const assembler = new AnswerAssembler(buffers);
      try {
        return await this.#exchange(kept, sending, assembler);
      } catch (error) {
        if (assembler.hasBegun || sending.given !== undefined) throw error;
      }
    }
    const fresh = new HttpConnection({
      peer: this.#peer,
      nowMs: clock.monotonicMs(),
      scratch: this.#scratch,
    });
    const endDeadline = clock.after(CONNECT_MS_MAX, () => {
      if (fresh.isConnected) return;
      fresh.abort(noAnswer(`no connection within ${CONNECT_MS_MAX} ms`));
    });
    try {
      const assembler = new AnswerAssembler(buffers);
      return await this.#exchange(fresh, sending, assembler);
    } finally {
      endDeadline();
    }
  }

  async #exchange(
    connection: HttpConnection,
    sending: Sending,
    assembler: AnswerAssembler,
  ): Promise<HttpAnswer> {
    this.#busy.add(connection);
    sending.connection = connection;
    try {
      const answer = await connection.exchange(sending.request, assembler);
      const hintMs = assembler.head?.idleMs ?? Number.POSITIVE_INFINITY;
      this.#keep(connection, hintMs, sending.context.clock);
      return answer;
    } catch (error) {
      // The others may go to the same place: let names be resolved anew.
      this.#closeIdle();
      throw error;
    } finally {
      sending.connection = undefined;
      this.#busy.delete(connection);
    }
  }

  #keep(connection: HttpConnection, hintMs: number, clock: Clock): void {
    if (!connection.isOpen) return;
    const nowMs = clock.monotonicMs();
    const idleMs = Math.min(IDLE_MS_MAX, hintMs - IDLE_HINT_MARGIN_MS);
    connection.idleUntilMs = Math.min(
      nowMs + idleMs,
      connection.openedAtMs + CONNECTION_AGE_MS_MAX,
    );
    this.#idle.push(connection);
  }

  /** The connection that fell idle last; those that are too old are closed. */
  #takeIdle(clock: Clock): HttpConnection | undefined {
    const nowMs = clock.monotonicMs();
    const isGood = (one: HttpConnection) =>
      one.isOpen && nowMs < one.idleUntilMs;
    if (!this.#idle.every(isGood)) {
      for (const one of this.#idle) {
        if (!isGood(one)) one.abort(noAnswer("too old"));
      }
      this.#idle = this.#idle.filter(isGood);
    }
    return this.#idle.pop();
  }

  #closeIdle(): void {
    for (const one of this.#idle) one.abort(noAnswer("closed"));
    this.#idle = [];
  }

  async close(): Promise<void> {
    this.#closeIdle();
    for (const one of this.#busy) one.abort(noAnswer("stopped"));
  }
}

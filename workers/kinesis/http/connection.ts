/**
 * One connection that carries requests one after the other.
 *
 * @module
 */
import { connect as connectTcp, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { errorLine } from "../../../engine/errors.ts";
import { noAnswer } from "../../../engine/kinesis/request_error.ts";
import type { HttpAnswer } from "../http_post.ts";
import type { AnswerAssembler } from "./answer_assembler.ts";

/** Where a connection goes. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  /** Undefined for plain HTTP. */
  readonly secureContext: SecureContext | undefined;
}

/** How a connection is opened. */
export interface HttpConnectionOptions {
  readonly peer: Peer;
  /** Monotonic ms at the moment. */
  readonly nowMs: number;
  /**
   * Read into while there is no answer to read into. What comes is taken out at
   * once, so all connections of a thread may share one.
   */
  readonly scratch: Buffer;
}

/** One request and its answer. */
interface Exchange {
  readonly assembler: AnswerAssembler;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
}

function openSocket(peer: Peer, onread: OnReadOpts): Socket {
  const { host, port, secureContext } = peer;
  if (secureContext === undefined) return connectTcp({ host, port, onread });
  const isAddress = /^[\d.]+$|:/.test(host);
  const options = {
    host,
    port,
    onread,
    secureContext,
    ALPNProtocols: ["http/1.1"],
    ...(isAddress ? {} : { servername: host }),
  };
  return connectTls(options);
}

/** A connection. It reads straight into the answer where it can. */
export class HttpConnection {
  /** Monotonic ms at which it was opened. */
  readonly openedAtMs: number;
  /** Monotonic ms until which it may be used again; set when it falls idle. */
  idleUntilMs = 0;
  /** Whether it is open, as far as is known. */
  isOpen = true;
  /** Whether the other side has answered the call. */
  isConnected = false;
  readonly #socket: Socket;
  readonly #scratch: Buffer;
  #exchange: Exchange | undefined;
  /** What the socket reads into: the answer's own room, or the scratch. */
  #target: Buffer;

  constructor({ peer, nowMs, scratch }: HttpConnectionOptions) {
    this.openedAtMs = nowMs;
    this.#scratch = scratch;
    this.#target = scratch;
    this.#socket = openSocket(peer, {
      buffer: () => {
        this.#target = this.#exchange?.assembler.room() ?? this.#scratch;
        return this.#target;
      },
      callback: (count) => {
        this.#received(count);
        return true;
      },
    });
    this.#socket.setNoDelay(true);
    const event =
      peer.secureContext === undefined ? "connect" : "secureConnect";
    this.#socket.once(event, () => {
      this.isConnected = true;
    });
    this.#socket.on("error", (error) => {
      this.abort(noAnswer(errorLine(error), error));
    });
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("close", () => this.#ended());
  }

  /**
   * Sends a request.
   *
   * @param request The whole of it, head and body.
   * @param assembler Puts the answer together; belongs to the connection until
   * the promise has settled.
   */
  exchange(request: Buffer, assembler: AnswerAssembler): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#exchange = { assembler, resolve, reject };
      this.#socket.write(request);
    });
  }

  /** Cuts it at once; the request under way fails with the error. */
  abort(error: Error): void {
    this.isOpen = false;
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    exchange.assembler.discard();
    exchange.reject(error);
  }

  #received(count: number): void {
    const exchange = this.#exchange;
    // Nobody asked: whatever it is, it must not be taken for a later answer.
    if (exchange === undefined) {
      this.abort(noAnswer("unasked bytes came"));
      return;
    }
    const { assembler } = exchange;
    try {
      if (this.#target !== this.#scratch) assembler.filled(count);
      else {
        const used = assembler.feed(this.#scratch.subarray(0, count));
        if (used < count) this.isOpen = false;
      }
    } catch (error) {
      this.abort(noAnswer(errorLine(error), error));
      return;
    }
    if (assembler.isDone) this.#finish(exchange);
  }

  #finish({ assembler, resolve }: Exchange): void {
    this.#exchange = undefined;
    if (assembler.head?.keepsAlive !== true) this.isOpen = false;
    if (!this.isOpen) this.#socket.destroy();
    resolve(assembler.take());
  }

  #ended(): void {
    this.isOpen = false;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#socket.destroy();
      return;
    }
    exchange.assembler.end();
    if (exchange.assembler.isDone) this.#finish(exchange);
    else this.abort(noAnswer("the connection was closed early"));
  }
}

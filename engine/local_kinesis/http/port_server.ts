/**
 * One port for HTTP/1.1 and HTTP/2 without TLS: the first bytes of a
 * connection tell which it is.
 *
 * @module
 */
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import {
  type AddressInfo,
  createServer,
  type Server,
  type Socket,
} from "node:net";
import {
  CLOSE_GRACE_MS,
  CONNECTION_COUNT_MAX,
  CONNECTION_IDLE_MS,
  HTTP2_SESSION_MIB_MAX,
  HTTP2_STREAM_COUNT_MAX,
  HTTP2_WINDOW_BYTES,
} from "../limits.ts";
import type { RequestListener } from "./exchange.ts";

/** What a client that knows the server speaks HTTP/2 begins with. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A server that listens. */
export interface PortServer {
  readonly port: number;
  /**
   * Takes no more connections, gives requests under way a moment, and ends
   * what is left.
   */
  close(): Promise<void>;
}

/** Where to listen. */
export interface PortServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly listener: RequestListener;
}

/** The HTTP/1.1 server; gets its connections by hand. */
function http1(listener: RequestListener) {
  const server = createHttp1Server({ noDelay: true }, listener);
  server.timeout = CONNECTION_IDLE_MS;
  server.keepAliveTimeout = CONNECTION_IDLE_MS;
  server.on("clientError", (_error, socket) => {
    if (socket.writable) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    } else socket.destroy();
  });
  return server;
}

/** The HTTP/2 server; gets its connections by hand. */
function http2(listener: RequestListener) {
  const server = createHttp2Server(
    {
      maxSessionMemory: HTTP2_SESSION_MIB_MAX,
      settings: {
        maxConcurrentStreams: HTTP2_STREAM_COUNT_MAX,
        initialWindowSize: HTTP2_WINDOW_BYTES,
      },
    },
    listener,
  );
  server.on("session", (session) => {
    session.setTimeout(CONNECTION_IDLE_MS, () => session.close());
    session.setLocalWindowSize(HTTP2_WINDOW_BYTES);
  });
  // A broken session has ended by itself; there is nobody to tell.
  server.on("sessionError", () => {});
  return server;
}

/** Looks at a connection's first bytes, and gives them back. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, PREFACE.length);
    const isPreface = seen.compare(PREFACE, 0, compared, 0, compared) === 0;
    if (isPreface && seen.length < PREFACE.length) return;
    socket.removeListener("readable", onReadable);
    socket.removeListener("timeout", onTimeout);
    socket.setTimeout(0);
    socket.unshift(seen);
    decide(isPreface);
  };
  const onTimeout = () => socket.destroy();
  socket.setTimeout(CONNECTION_IDLE_MS, onTimeout);
  socket.on("readable", onReadable);
}

/** Counts the requests under way. */
class Pending {
  #count = 0;
  #onNone = () => {};

  /** The same listener, counted. */
  around(listener: RequestListener): RequestListener {
    return (request, response) => {
      this.#count++;
      response.once("close", () => {
        this.#count--;
        if (this.#count === 0) this.#onNone();
      });
      listener(request, response);
    };
  }

  /** Resolves when there are none, or after a time. */
  none(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#count === 0) return resolve();
      const timer = setTimeout(resolve, timeoutMs);
      this.#onNone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function closeServer(
  server: Server,
  sockets: ReadonlySet<Socket>,
  pending: Pending,
): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await pending.none(CLOSE_GRACE_MS);
  for (const socket of sockets) socket.destroy();
  await closed;
}

/** Starts to listen. Rejects with the system's error. */
export async function startPortServer(
  options: PortServerOptions,
): Promise<PortServer> {
  const sockets = new Set<Socket>();
  const pending = new Pending();
  const listener = pending.around(options.listener);
  const servers = { http1: http1(listener), http2: http2(listener) };
  // Without delay: events are small, and each is somebody's latency.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    sniff(socket, (isHttp2) => {
      const target = isHttp2 ? servers.http2 : servers.http1;
      target.emit("connection", socket);
    });
  });
  server.maxConnections = CONNECTION_COUNT_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeServer(server, sockets, pending),
  };
}

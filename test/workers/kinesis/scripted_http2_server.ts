/** An HTTP/2 server without TLS that answers as a test says. */
import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { CERTIFICATE_PEM, KEY_PEM } from "../../engine/aws/test_certificate.ts";
import { initialResponse } from "./event_message.ts";

/** A request that was made. */
export interface Http2Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ScriptedHttp2Server {
  readonly endpoint: string;
  readonly requests: Http2Asked[];
  /** Connections that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  close(): Promise<void>;
}

/** What becomes of a request; `number` counts from 0. */
export type ServeStream = (
  stream: ServerHttp2Stream,
  request: Http2Asked,
  number: number,
) => void;

/** Begins a subscription. */
export function accept(stream: ServerHttp2Stream): ServerHttp2Stream {
  stream.respond({
    ":status": 200,
    "content-type": "application/vnd.amazon.eventstream",
  });
  stream.write(initialResponse());
  return stream;
}

/** Refuses in JSON. */
export function refuse(
  stream: ServerHttp2Stream,
  code: string,
  headers: Readonly<Record<string, string | number>> = {},
): void {
  stream.respond({
    ":status": 400,
    "content-type": "application/x-amz-json-1.1",
    ...headers,
  });
  stream.end(JSON.stringify({ __type: code, message: "no" }));
}

/** Options for {@linkcode startHttp2Server}. */
export interface Http2ServerOptions {
  /** @default {100} */
  readonly streamsMax?: number | undefined;
  /** With TLS, by the test certificate. @default {false} */
  readonly isSecure?: boolean | undefined;
}

/** Starts one. */
export async function startHttp2Server(
  serve: ServeStream,
  { streamsMax = 100, isSecure = false }: Http2ServerOptions = {},
): Promise<ScriptedHttp2Server> {
  const requests: Http2Asked[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const settings = { maxConcurrentStreams: streamsMax };
  const server = isSecure
    ? createSecureServer({ settings, cert: CERTIFICATE_PEM, key: KEY_PEM })
    : createServer({ settings });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("end", () => {
      const request = { headers, body: Buffer.concat(chunks) };
      requests.push(request);
      serve(stream, request, requests.length - 1);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${isSecure ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    sessions,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** An HTTP server that answers as a test says, and keeps what it was asked. */
import http from "node:http";
import type { AddressInfo } from "node:net";

interface ServedRequest {
  /** Last part of X-Amz-Target. */
  readonly operation: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ServedAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

export type Serve = (
  request: ServedRequest,
  response: http.ServerResponse,
) => ServedAnswer | undefined;

export interface ScriptedServer {
  readonly endpoint: string;
  readonly requests: ServedRequest[];
  close(): Promise<void>;
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Starts one; `serve` may return nothing and use the response itself. */
export async function startServer(serve: Serve): Promise<ScriptedServer> {
  const requests: ServedRequest[] = [];
  const server = http.createServer(async (incoming, response) => {
    const target = String(incoming.headers["x-amz-target"] ?? "");
    const request = {
      operation: target.slice(target.indexOf(".") + 1),
      headers: incoming.headers,
      body: await bodyOf(incoming),
    };
    requests.push(request);
    const answer = serve(request, response);
    if (answer === undefined) return;
    const { status = 200, type = "application/x-amz-json-1.1" } = answer;
    response.writeHead(status, { "content-type": type, ...answer.headers });
    response.end(answer.body ?? "");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** A refusal in JSON. */
export function refused(
  status: number,
  code: string,
  message = "no",
): ServedAnswer {
  return { status, body: JSON.stringify({ __type: code, message }) };
}

/** A cluster in memory behind a loopback port. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { OpensearchTransport } from "../../engine/sink/opensearch/opensearch_transport.ts";

/** How a cluster is served. */
export interface ServeOptions {
  /** Over TLS, with this certificate. @default {none} */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** @default {"127.0.0.1"} */
  readonly host?: string;
}

/** Serves it until the end of the test. */
export async function serveCluster(
  t: { teardown(undo: () => unknown): void },
  cluster: OpensearchTransport,
  { tls, host = "127.0.0.1" }: ServeOptions = {},
): Promise<string> {
  const { signal } = new AbortController();
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("request", async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const answer = await cluster.send(
      "http://cluster",
      {
        method: request.method as "GET",
        path: request.url ?? "",
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(parts),
      },
      signal,
    );
    response.writeHead(answer.status, answer.headers).end(answer.bytes);
  });
  server.listen(0, host);
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http${tls === undefined ? "" : "s"}://${host}:${port}`;
}

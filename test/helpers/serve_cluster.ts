/** A cluster in memory behind a port of 127.0.0.1. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { OpensearchTransport } from "../../engine/sink/opensearch/opensearch_transport.ts";

/** Serves it until the end of the test. */
export async function serveCluster(
  t: { teardown(undo: () => unknown): void },
  cluster: OpensearchTransport,
): Promise<string> {
  const { signal } = new AbortController();
  const server = createServer(async (request, response) => {
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
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

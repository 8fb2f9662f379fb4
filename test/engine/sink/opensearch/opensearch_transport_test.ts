/**
 * Goal: what goes over the wire is one body with its length, whole answers
 * come back, and a failed connection is replaced by a new one.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import t, { type Test } from "tap";
import {
  httpOpensearchTransport,
  NoAnswerError,
} from "../../../../engine/sink/opensearch/opensearch_transport.ts";
import { refusalOf } from "../../../../engine/sink/opensearch/refusal.ts";

async function serverFor(t: Test, destroyed: (count: number) => boolean) {
  const seen: { request: IncomingMessage; body: string; port: number }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const port = request.socket.remotePort ?? 0;
    seen.push({ request, body: Buffer.concat(parts).toString(), port });
    if (destroyed(seen.length)) request.socket.destroy();
    else response.writeHead(413).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, seen };
}

t.test("bodies have a length; answers of any status are whole", async (t) => {
  const { origin, seen } = await serverFor(t, (count) => count === 2);
  const transport = httpOpensearchTransport("");
  t.teardown(() => transport.close());
  const { signal } = new AbortController();
  const request = {
    method: "POST",
    path: "/_bulk?filter_path=a%2Cb",
    headers: { "content-type": "application/x-ndjson" },
    body: Buffer.from("{}\n{}\n"),
  } as const;
  const answer = await transport.send(origin, request, signal);
  t.equal(refusalOf(answer).kind, "too_large");
  t.equal(answer.bytes.length, 0);
  await setImmediate();
  await t.rejects(transport.send(origin, request, signal), NoAnswerError);
  await transport.send(origin, request, signal);
  await transport.send(
    origin,
    { ...request, method: "GET", body: Buffer.alloc(0) },
    signal,
  );
  const [first, second, third, fourth] = seen;
  t.equal(first?.request.url, "/_bulk?filter_path=a%2Cb");
  t.equal(first?.request.headers["content-length"], "6");
  t.notOk(first?.request.headers["transfer-encoding"]);
  t.equal(first?.body, "{}\n{}\n");
  t.equal(second?.port, first?.port, "kept open");
  t.not(third?.port, second?.port, "a new one after the error");
  t.equal(fourth?.body, "");
});

t.test("nobody there is no answer", async (t) => {
  const transport = httpOpensearchTransport("");
  const { signal } = new AbortController();
  await t.rejects(
    transport.send(
      "http://127.0.0.1:1",
      { method: "GET", path: "/", headers: {}, body: Buffer.alloc(0) },
      signal,
    ),
    { name: "NoAnswerError", message: /ECONNREFUSED/, distrust: undefined },
  );
  await transport.close();
});

/**
 * Goal: what goes over the wire is one body with its length, whole answers
 * come back, and a failed connection is replaced by a new one.
 */

import dns from "node:dns";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import t, { type Test } from "tap";
import {
  httpOpensearchTransport,
  NoAnswerError,
  type WireRequest,
} from "../../../../engine/sink/opensearch/opensearch_transport.ts";
import { refusalOf } from "../../../../engine/sink/opensearch/refusal.ts";

type LookupDone = (
  error: null,
  addresses: readonly { readonly address: string; readonly family: 4 }[],
) => void;

async function serverFor(
  t: Test,
  destroyed: (count: number) => boolean,
  { host = "127.0.0.1", port: wanted = 0 } = {},
) {
  const seen: { request: IncomingMessage; body: string; port: number }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const port = request.socket.remotePort ?? 0;
    seen.push({ request, body: Buffer.concat(parts).toString(), port });
    if (destroyed(seen.length)) request.socket.destroy();
    else response.writeHead(413).end();
  }).listen(wanted, host);
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { origin: `http://${host}:${port}`, seen };
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

const GET: WireRequest = {
  method: "GET",
  path: "/",
  headers: {},
  body: Buffer.alloc(0),
};

t.test("no connection is older than five minutes", async (t) => {
  const { origin, seen } = await serverFor(t, () => false);
  const transport = httpOpensearchTransport("");
  t.teardown(() => transport.close());
  const { signal } = new AbortController();
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  for (const aheadMs of [0, 299_000, 302_000]) {
    Date.now = () => now() + aheadMs;
    await transport.send(origin, GET, signal);
    await setImmediate();
  }
  const [first, second, third] = seen.map(({ port }) => port);
  t.equal(second, first);
  t.not(third, second);
});

t.test("a name is resolved anew after an error", async (t) => {
  const proxies = Object.keys(process.env).filter((name) =>
    /^https?_proxy$/i.test(name),
  );
  const before = proxies.map((name) => [name, process.env[name]] as const);
  for (const name of proxies) delete process.env[name];
  t.teardown(() => Object.assign(process.env, Object.fromEntries(before)));
  const gone = await serverFor(t, (count) => count > 1);
  const { port } = new URL(gone.origin);
  const moved = await serverFor(t, () => false, {
    host: "127.0.0.2",
    port: Number(port),
  });
  const { lookup } = dns;
  let address = "127.0.0.1";
  const asked: string[] = [];
  dns.lookup = ((name: string, _options: object, done: LookupDone) => {
    asked.push(name);
    done(null, [{ address, family: 4 }]);
  }) as typeof dns.lookup;
  t.teardown(() => {
    dns.lookup = lookup;
  });
  const transport = httpOpensearchTransport("");
  t.teardown(() => transport.close());
  const { signal } = new AbortController();
  const send = () => transport.send(`http://cluster.test:${port}`, GET, signal);
  await send();
  await setImmediate();
  address = "127.0.0.2";
  await t.rejects(send(), NoAnswerError);
  t.equal(moved.seen.length, 0, "a connection stays where it is");
  await send();
  t.equal(moved.seen.length, 1);
  t.strictSame(asked, ["cluster.test", "cluster.test"]);
});

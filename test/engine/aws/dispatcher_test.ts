/**
 * Goal: requests go out the way the user asked for. Method: servers on
 * loopback; the environment's proxies are set for the length of a test.
 */
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { request } from "undici";
import {
  createDispatcher,
  type DispatcherOptions,
} from "../../../engine/aws/dispatcher.ts";
import { CERTIFICATE_PEM, KEY_PEM } from "./test_certificate.ts";

const PROXY_NAMES = [
  "HTTP_PROXY",
  "http_proxy",
  "HTTPS_PROXY",
  "https_proxy",
  "NO_PROXY",
  "no_proxy",
] as const;

function setProxies(t: Test, proxies: Partial<Record<string, string>>): void {
  const before = PROXY_NAMES.map((name) => [name, process.env[name]] as const);
  for (const name of PROXY_NAMES) delete process.env[name];
  Object.assign(process.env, proxies);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

async function listen(t: Test, server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function get(
  t: Test,
  endpoint: string,
  { caPem = "", ...options }: DispatcherOptions & { caPem?: string } = {},
): Promise<string> {
  const dispatcher = createDispatcher({ endpoint, caPem }, options);
  t.teardown(() => dispatcher.destroy());
  const answer = await request(endpoint, { dispatcher });
  return await answer.body.text();
}

t.test("createDispatcher() goes through the environment's proxy", async (t) => {
  const connects: string[] = [];
  const proxy = http.createServer();
  proxy.on("connect", (connect, socket) => {
    connects.push(connect.url ?? "");
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  const port = await listen(t, proxy);
  setProxies(t, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
  await t.rejects(get(t, "https://kinesis.test.invalid/"), /403/);
  t.same(connects, ["kinesis.test.invalid:443"]);
});

t.test("createDispatcher() uses no proxy for loopback", async (t) => {
  const port = await listen(
    t,
    http.createServer((_, response) => {
      response.end("direct");
    }),
  );
  setProxies(t, {
    HTTP_PROXY: "http://127.0.0.1:1",
    HTTPS_PROXY: "http://127.0.0.1:1",
  });
  t.equal(await get(t, `http://127.0.0.1:${port}/`), "direct");
});

t.test(
  "createDispatcher() trusts the given certificate authority",
  async (t) => {
    const port = await listen(
      t,
      https.createServer(
        { cert: CERTIFICATE_PEM, key: KEY_PEM },
        (_, response) => {
          response.end("trusted");
        },
      ),
    );
    setProxies(t, {});
    const endpoint = `https://127.0.0.1:${port}/`;
    await t.rejects(get(t, endpoint), /self-signed certificate/);
    t.equal(await get(t, endpoint, { caPem: CERTIFICATE_PEM }), "trusted");
  },
);

t.test(
  "createDispatcher() passes its authority on to a proxied service",
  async (t) => {
    const service = https.createServer(
      { cert: CERTIFICATE_PEM, key: KEY_PEM },
      (_, response) => {
        response.end("through the proxy");
      },
    );
    // A proxy that tunnels whatever it is asked for to the service.
    const proxy = http.createServer();
    proxy.on("connect", (_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      service.emit("connection", socket);
    });
    const port = await listen(t, proxy);
    setProxies(t, { https_proxy: `http://127.0.0.1:${port}` });
    const endpoint = "https://localhost.test.invalid/";
    await t.rejects(get(t, endpoint), /self-signed certificate/);
    await t.rejects(get(t, endpoint, { caPem: CERTIFICATE_PEM }), /altnames/);
  },
);

t.test(
  "createDispatcher() keeps connections, at most as many as told",
  async (t) => {
    let connections = 0;
    const server = http.createServer((_, response) => {
      response.end("x");
    });
    server.on("connection", () => {
      connections++;
    });
    const port = await listen(t, server);
    const endpoint = `http://127.0.0.1:${port}`;
    const dispatcher = createDispatcher(
      { endpoint, caPem: "" },
      { connectionsMax: 2 },
    );
    t.teardown(() => dispatcher.destroy());
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const answer = await request(endpoint, { dispatcher });
          await answer.body.dump();
        }),
      );
    }
    t.equal(connections, 2);
  },
);

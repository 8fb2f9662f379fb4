import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import t, { type Test } from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { REQUEST_HEAD_BYTES_MAX } from "../../../engine/status/limits.ts";
import {
  type StatusServer,
  startStatusServer,
} from "../../../engine/status/server.ts";
import type { EngineStatus } from "../../../engine/status/status.ts";
import { sampleStatus } from "./sample_status.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const QUIET = { info() {}, warn() {} };

/** Asks with node's own client, which sends any `Host` it is told to. */
async function ask(
  { url }: StatusServer,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const sent = request(`${url}${path}`, { ...options, agent: false });
  sent.end();
  const [answer] = await once(sent, "response");
  let text = "";
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, headers: answer.headers, text };
}

async function start(
  t: Test,
  status: () => EngineStatus = sampleStatus,
): Promise<{ server: StatusServer; warnings: object[] }> {
  const warnings: object[] = [];
  const server = await startStatusServer({
    port: 0,
    status,
    log: { ...QUIET, warn: (fields) => warnings.push(fields) },
  });
  t.teardown(() => server.close());
  return { server, warnings };
}

t.test("startStatusServer() answers with the whole status", async (t) => {
  const { server } = await start(t);
  const { status, text, headers } = await ask(server, "/api/status");
  t.equal(status, 200);
  t.match(headers["content-type"], "application/json");
  t.strictSame(JSON.parse(text), sampleStatus());
});

t.test("startStatusServer() answers Prometheus", async (t) => {
  const { server } = await start(t);
  const { status, text, headers } = await ask(server, "/metrics");
  t.equal(status, 200);
  t.match(headers["content-type"], "text/plain; version=0.0.4");
  t.match(text, "flagdrop_records_read_total 1000000\n");
});

t.test("startStatusServer() says whether the engine is healthy", async (t) => {
  let state: EngineStatus["state"] = "running";
  const { server } = await start(t, () =>
    sampleStatus({ state, error: state === "failed" ? "no stream" : null }),
  );
  t.match(await ask(server, "/healthz"), { status: 200, text: "running\n" });
  state = "failed";
  t.match(await ask(server, "/healthz"), {
    status: 503,
    text: "failed: no stream\n",
  });
});

t.test(
  "startStatusServer() refuses other hosts, origins and methods",
  async (t) => {
    const { server } = await start(t);
    const statusOf = async (
      headers: Record<string, string>,
      method?: string,
    ): Promise<number> => {
      const answer = await ask(server, "/api/status", {
        headers,
        ...(method && { method }),
      });
      t.notMatch(answer.status === 200 ? "" : answer.text, "taxi");
      t.equal(answer.headers["x-content-type-options"], "nosniff");
      return answer.status;
    };
    t.equal(await statusOf({ host: "evil.example" }), 403);
    t.equal(await statusOf({ origin: "http://evil.example" }), 403);
    t.equal(await statusOf({}, "POST"), 405);
    t.equal(await statusOf({}, "OPTIONS"), 405);
    t.equal(await statusOf({}, "HEAD"), 200);
  },
);

t.test("startStatusServer() bounds the head of a request", async (t) => {
  const { server } = await start(t);
  const long = "x".repeat(REQUEST_HEAD_BYTES_MAX);
  t.equal((await ask(server, `/${long}`)).status, 431);
  t.equal((await ask(server, "/", { headers: { long } })).status, 431);
});

t.test(
  "startStatusServer() names what there is for an unknown path",
  async (t) => {
    const { server } = await start(t);
    t.match(await ask(server, "/nothing"), {
      status: 404,
      text: "/api/status",
    });
    t.match(await ask(server, "/"), { status: 200, text: "/metrics" });
  },
);

t.test(
  "startStatusServer() goes on after a status that can't be made",
  async (t) => {
    let isBroken = true;
    const { server, warnings } = await start(t, () => {
      if (isBroken) throw new Error("secret detail");
      return sampleStatus();
    });
    const { status, text } = await ask(server, "/api/status");
    t.equal(status, 500);
    t.notMatch(text, "secret detail");
    t.match(warnings, [{ problem: "secret detail" }]);
    isBroken = false;
    t.equal((await ask(server, "/api/status")).status, 200);
  },
);

t.test("startStatusServer() names a port in use, and what to do", async (t) => {
  const blocker = createServer().listen(0, "127.0.0.1");
  t.teardown(() => blocker.close());
  await once(blocker, "listening");
  const { port } = blocker.address() as AddressInfo;
  await t.rejects(
    startStatusServer({ port, status: sampleStatus, log: QUIET }),
    {
      constructor: FlagdropError,
      code: "FD_NETWORK",
      message: `Cannot serve the status on 127.0.0.1:${port} as the port is in use: give another --status-port, or 0 for any`,
    },
  );
});

t.test(
  "startStatusServer() takes any port when its default is in use",
  async (t) => {
    const notes: object[] = [];
    const options = {
      status: sampleStatus,
      log: { ...QUIET, info: (fields: object) => notes.push(fields) },
    };
    const first = await startStatusServer(options);
    t.teardown(() => first.close());
    const second = await startStatusServer(options);
    t.teardown(() => second.close());
    t.not(first.url, second.url);
    t.match(notes.at(-1), { url: second.url });
    t.equal((await ask(second, "/healthz")).status, 200);
  },
);

t.test("startStatusServer() names an address that isn't here", async (t) => {
  await t.rejects(
    startStatusServer({
      host: "192.0.2.1",
      isInsecure: true,
      port: 0,
      status: sampleStatus,
      log: QUIET,
    }),
    { code: "FD_NETWORK", message: /192\.0\.2\.1:0 .*--status-host/ },
  );
});

t.test("StatusServer.close() doesn't wait for open connections", async (t) => {
  const server = await startStatusServer({
    port: 0,
    status: sampleStatus,
    log: QUIET,
  });
  const slow = connect(Number(new URL(server.url).port), "127.0.0.1");
  slow.on("error", () => {});
  slow.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  await once(slow, "connect");
  // Answered after the one before it was accepted.
  t.equal((await ask(server, "/healthz")).status, 200);
  const closed = once(slow, "close");
  await server.close();
  await closed;
});

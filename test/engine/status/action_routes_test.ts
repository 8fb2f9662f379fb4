import t from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { AccessToken } from "../../../engine/status/access_token.ts";
import type { EngineActions } from "../../../engine/status/engine_actions.ts";
import {
  createStatusApp,
  type StatusAppOptions,
} from "../../../engine/status/status_app.ts";
import { sampleStatus } from "./sample_status.ts";

const TOKEN = "0123456789abcdef";
const ORIGIN = "http://127.0.0.1:8787";
const HEADERS = {
  host: "127.0.0.1:8787",
  "content-type": "application/json",
  "x-flagdrop-action": "1",
};

function appWith(options: Partial<StatusAppOptions>) {
  const app = createStatusApp({
    host: "127.0.0.1",
    status: sampleStatus,
    onError: () => {},
    ...options,
  });
  return async (
    path: string,
    body: unknown = {},
    headers: Record<string, string> = {},
  ) => {
    const sent: Record<string, string> = { ...HEADERS, ...headers };
    for (const [name, value] of Object.entries(sent)) {
      if (value === "") delete sent[name];
    }
    const answer = await app.request(path, {
      method: "POST",
      headers: sent,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, text, headers: answer.headers };
  };
}

/** Actions that write down what they are asked for. */
function recorded(): { asked: unknown[]; actions: EngineActions } {
  const asked: unknown[] = [];
  return {
    asked,
    actions: {
      savepoint: async () => {
        asked.push("savepoint");
        return "savepoint-7";
      },
      setWorkers: async (count) => void asked.push(count),
      moveShard: async (shardId, worker) => void asked.push([shardId, worker]),
      stop: async () => void asked.push("stop"),
    },
  };
}

t.test("actions do what they say", async (t) => {
  const { asked, actions } = recorded();
  const post = appWith({ actions });
  t.match(await post("/api/savepoint"), { status: 200, text: /savepoint-7/ });
  t.match(await post("/api/workers", { count: 3 }), { status: 200 });
  const move = { shardId: "shardId-1", worker: 0 };
  t.match(await post("/api/shards/move", move), { status: 200 });
  t.match(await post("/api/stop", {}, { origin: ORIGIN }), { status: 202 });
  t.strictSame(asked, ["savepoint", 3, ["shardId-1", 0], "stop"]);
});

t.test(
  "an action that the engine hasn't got is 501, in a sentence",
  async (t) => {
    const post = appWith({ actions: {} });
    const { status, text } = await post("/api/savepoint");
    t.equal(status, 501);
    t.match(text, /Cannot take a savepoint as this run has no means for it/);
  },
);

t.test("a body that is wrong changes nothing", async (t) => {
  const { asked, actions } = recorded();
  const post = appWith({ actions });
  for (const body of [{}, { count: 0 }, { count: 1.5 }, { count: 1e9 }, "{"]) {
    const { status, text } = await post("/api/workers", body);
    t.equal(status, 400, JSON.stringify(body));
    t.match(text, /send a body such as/);
  }
  t.match(await post("/api/stop", { now: true }), { status: 400 });
  t.match(await post("/api/stop", "x".repeat(5_000)), { status: 413 });
  t.strictSame(asked, []);
});

t.test("what another site's page could send changes nothing", async (t) => {
  const { asked, actions } = recorded();
  const post = appWith({ actions });
  for (const headers of [
    { "content-type": "text/plain" },
    { "content-type": "" },
    { "content-type": "application/x-www-form-urlencoded" },
    { "x-flagdrop-action": "" },
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:8788" },
    { host: "evil.example:8787" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ]) {
    const { status } = await post("/api/stop", {}, headers);
    t.equal(status, 403, JSON.stringify(headers));
  }
  t.strictSame(asked, []);
});

t.test("read-only means that nothing is done", async (t) => {
  const { asked, actions } = recorded();
  const post = appWith({ actions, isReadOnly: true });
  t.match(await post("/api/stop"), { status: 403, text: /read-only/ });
  t.strictSame(asked, []);
});

t.test("with a token nothing is told or done without it", async (t) => {
  const { asked, actions } = recorded();
  const token = new AccessToken(TOKEN, 8787);
  const post = appWith({ actions, token });
  t.match(await post("/api/stop"), { status: 401 });
  const wrong = { authorization: "Bearer wrong-wrong-wrong" };
  t.match(await post("/api/stop", {}, wrong), { status: 401 });
  t.strictSame(asked, []);
  const right = { authorization: `Bearer ${TOKEN}`, "x-flagdrop-action": "" };
  t.match(await post("/api/stop", {}, right), { status: 202 });
  t.strictSame(asked, ["stop"]);
  const app = createStatusApp({
    host: "127.0.0.1",
    status: sampleStatus,
    onError: () => {},
    token,
  });
  for (const path of ["/api/status", "/metrics", "/api/unknown"]) {
    const { status } = await app.request(path, { headers: HEADERS });
    t.equal(status, 401, path);
  }
  t.equal((await app.request("/healthz", { headers: HEADERS })).status, 200);
});

t.test("a browser signs in once, by a cookie", async (t) => {
  const token = new AccessToken(TOKEN, 8787);
  const post = appWith({ token });
  t.match(await post("/api/session", { token: "wrong-wrong-wrong" }), {
    status: 401,
  });
  const foreign = { "x-flagdrop-action": "" };
  t.match(await post("/api/session", { token: TOKEN }, foreign), {
    status: 403,
  });
  const { status, headers } = await post("/api/session", { token: TOKEN });
  t.equal(status, 200);
  const [cookie = ""] = (headers.get("set-cookie") ?? "").split(";");
  t.match(await post("/api/savepoint", {}, { cookie }), { status: 501 });
});

t.test("an engine's refusal is told as it is", async (t) => {
  const moveShard = async () => {
    throw new FlagdropError("FD_OPTION", "Cannot move shard: there is none");
  };
  const post = appWith({ actions: { moveShard } });
  const move = { shardId: "x", worker: 0 };
  t.match(await post("/api/shards/move", move), {
    status: 409,
    text: /there is none/,
  });
});

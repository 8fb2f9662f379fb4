/**
 * Goal: credentials are replaced before they end, once for all who ask, and a
 * source that fails meanwhile does no harm while they last. Method: the chain's
 * own container endpoint, on loopback.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { credentialsSource } from "../../../engine/aws/credentials.ts";

const MINUTE_MS = 60_000;
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** A source over an endpoint that gives keys `key-1`, `key-2` and so on. */
async function source(t: Test, lifeMs: number) {
  const state = { asked: 0, lifeMs, status: 200 };
  const server = http.createServer((_, response) => {
    state.asked++;
    response.writeHead(state.status, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        AccessKeyId: `key-${state.asked}`,
        SecretAccessKey: "secret",
        Token: "token",
        Expiration: new Date(Date.now() + state.lifeMs).toISOString(),
      }),
    );
  });
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  const uri = `http://127.0.0.1:${port}/`;
  const wanted = { ...ENVIRONMENT, AWS_CONTAINER_CREDENTIALS_FULL_URI: uri };
  const before = Object.keys(wanted).map((name) => [name, process.env[name]]);
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(wanted)) set(name, value);
  t.teardown(() => {
    for (const [name = "", value] of before) set(name, value);
    server.closeAllConnections();
    server.close();
  });
  return { state, source: credentialsSource({ region: "eu-west-1" }) };
}

t.test("those that last are asked for once, by however many", async (t) => {
  const { state, source: credentials } = await source(t, 60 * MINUTE_MS);
  const all = await Promise.all([1, 2, 3].map(() => credentials.current()));
  t.strictSame(
    all.map(({ accessKeyId }) => accessKeyId),
    ["key-1", "key-1", "key-1"],
  );
  t.match(await credentials.current(), {
    accessKeyId: "key-1",
    sessionToken: "token",
  });
  t.equal(state.asked, 1);
});

t.test("they are replaced before they end", async (t) => {
  const { state, source: credentials } = await source(t, 4 * MINUTE_MS);
  await credentials.current();
  state.lifeMs = 60 * MINUTE_MS;
  t.match(await credentials.current(), { accessKeyId: "key-2" });
  t.match(await credentials.current(), { accessKeyId: "key-2" });
});

t.test("refresh() asks anew, however long they last", async (t) => {
  const { source: credentials } = await source(t, 60 * MINUTE_MS);
  await credentials.current();
  t.match(await credentials.refresh(), { accessKeyId: "key-2" });
  t.match(await credentials.current(), { accessKeyId: "key-2" });
});

t.test("a chain that fails does no harm while the old ones last", async (t) => {
  const { state, source: credentials } = await source(t, 4 * MINUTE_MS);
  await credentials.current();
  state.status = 400;
  t.match(await credentials.current(), { accessKeyId: "key-1" });
  t.ok(state.asked >= 2, "it was tried");
  // Without an address the chain fails at once; an answer it asks for again.
  delete process.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  await t.rejects(credentials.refresh(), { code: "FD_CREDENTIALS" });
});

t.test("without a chain there are none, and one line", async (t) => {
  const { state, source: credentials } = await source(t, MINUTE_MS);
  delete process.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  await t.rejects(credentials.current(), {
    code: "FD_CREDENTIALS",
    message: /^Cannot find AWS credentials: .*: set AWS_PROFILE/,
  });
  t.equal(state.asked, 0);
});

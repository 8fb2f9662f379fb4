/**
 * Goal: nothing is said to a cluster whose certificate is not trusted, and a
 * password goes to the cluster alone. Method: a cluster in memory behind TLS on
 * loopback that wants a user.
 */
import t, { type Test } from "tap";
import type { OpensearchSettings } from "../../../../engine/sink/opensearch/opensearch_settings.ts";
import { OpensearchSink } from "../../../../engine/sink/opensearch/opensearch_sink.ts";
import { MemoryCluster } from "../../../helpers/memory_cluster.ts";
import { opensearchSettings } from "../../../helpers/opensearch_settings.ts";
import { serveCluster } from "../../../helpers/serve_cluster.ts";
import {
  AUTHORITY_PEM,
  SERVER_CERTIFICATE_PEM,
  SERVER_KEY_PEM,
} from "../../../helpers/test_authority.ts";
import { JumpingClock } from "../../kinesis/jumping_clock.ts";
import { fired, TAXI } from "../windows.ts";

const TLS = { cert: SERVER_CERTIFICATE_PEM, key: SERVER_KEY_PEM };
const USER = "writer";
const PASSWORD = "pass:wörd/+@7";
const HEADER = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

/** A cluster that takes one user's requests. */
function guardedCluster(): MemoryCluster {
  const cluster = new MemoryCluster();
  cluster.script = ({ headers }) =>
    headers["authorization"] === HEADER
      ? undefined
      : { type: "answer", status: 401, body: "Unauthorized" };
  return cluster;
}

function sinkOn(
  t: Test,
  origin: string,
  settings: Partial<OpensearchSettings> = {},
) {
  const clock = new JumpingClock();
  const said: string[] = [];
  const say = (fields: object, message: string) =>
    said.push(`${message} ${JSON.stringify(fields)}`);
  const sink = new OpensearchSink({
    plan: TAXI,
    settings: opensearchSettings([origin], {
      auth: { type: "basic", user: USER, password: PASSWORD },
      caPem: AUTHORITY_PEM,
      ...settings,
    }),
    clock,
    random: () => 0.5,
    log: { warn: say, error: say },
  });
  t.teardown(() => sink.close());
  return { sink, said, clock };
}

const WINDOW = fired(TAXI, {
  queryIndex: 0,
  windowStartMs: 0,
  rows: [{ key: ["dr5ru7"], count: 2, accumulators: [] }],
});

/** Neither as it is nor as it goes over the wire. */
function tellsNothing(t: Test, text: string): void {
  for (const secret of [PASSWORD, HEADER.slice("Basic ".length)]) {
    t.notOk(text.includes(secret), "no secret");
  }
}

t.test(
  "a certificate of an unknown authority is refused at once",
  async (t) => {
    const cluster = guardedCluster();
    const origin = await serveCluster(t, cluster, { tls: TLS });
    const { sink, clock } = sinkOn(t, origin, { caPem: "" });
    await t.rejects(sink.open(), {
      code: "FD_NETWORK",
      message:
        /^Cannot reach OpenSearch at https:\S+ \(unable to verify the first certificate\): give its authority with --ca-file$/,
    });
    t.equal(clock.monotonicMs(), 0, "without trying again");
    t.strictSame(cluster.requests, []);
  },
);

t.test("with its authority it is trusted, and told the user", async (t) => {
  const cluster = guardedCluster();
  const origin = await serveCluster(t, cluster, { tls: TLS });
  t.match(origin, /^https:/);
  const { sink, said } = sinkOn(t, origin);
  await sink.open();
  let failures = 2;
  const { script } = cluster;
  cluster.script = (request, items, origin) =>
    items.length > 0 && failures-- > 0
      ? { type: "answer", status: 503, body: "away" }
      : script(request, items, origin);
  await sink.write([WINDOW]);
  t.equal(cluster.documents.size, 1);
  for (const { headers, path } of cluster.requests) {
    t.equal(headers["authorization"], HEADER);
    tellsNothing(t, path);
  }
  t.ok(said.length >= 2, `${said}`);
  const told = [sink.name, JSON.stringify(sink.stats()), ...said];
  tellsNothing(t, told.join("\n"));
});

t.test("a certificate for another name is refused, and why", async (t) => {
  const cluster = guardedCluster();
  const options = { tls: TLS, host: "127.0.0.2" };
  const { sink } = sinkOn(t, await serveCluster(t, cluster, options));
  await t.rejects(sink.open(), {
    code: "FD_NETWORK",
    message: /: write the address with a name that its certificate has$/,
  });
  t.strictSame(cluster.requests, []);
});

t.test("a wrong password ends in one line without it", async (t) => {
  const cluster = guardedCluster();
  const origin = await serveCluster(t, cluster, { tls: TLS });
  const wrong = "not-that-one";
  const auth = { type: "basic", user: USER, password: wrong } as const;
  const { sink, said } = sinkOn(t, origin, { auth });
  const error = (await sink.open().catch((error) => error)) as Error;
  t.match(error, {
    code: "FD_CREDENTIALS",
    message:
      /^Cannot use OpenSearch at https:\S+ as it refused the credentials \(401: Unauthorized\): check them/,
  });
  t.notMatch([error.message, error.stack, ...said].join("\n"), wrong);
  t.equal(cluster.requests.length, 1, "asking again would not help");
});

t.test("a password that is changed meanwhile ends the run", async (t) => {
  const cluster = guardedCluster();
  const origin = await serveCluster(t, cluster, { tls: TLS });
  const { sink } = sinkOn(t, origin);
  await sink.open();
  cluster.script = () => ({
    type: "answer",
    status: 401,
    body: "Unauthorized",
  });
  await t.rejects(sink.write([WINDOW]), { code: "FD_CREDENTIALS" });
  t.equal(sink.stats().documents, 0);
});

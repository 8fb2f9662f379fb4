/**
 * Goal: what a real OpenSearch node has in the end is what was fired, one for
 * one, whatever happens to it on the way. Not a part of `npm test`, as it
 * fetches a node and starts it; `.ci/run` calls it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type {
  AwsCredentials,
  CredentialsSource,
} from "../../engine/aws/credentials.ts";
import { systemClock } from "../../engine/clock.ts";
import { documentOf } from "../../engine/sink/document.ts";
import type { OpensearchSettings } from "../../engine/sink/opensearch/opensearch_settings.ts";
import { OpensearchSink } from "../../engine/sink/opensearch/opensearch_sink.ts";
import {
  httpOpensearchTransport,
  type WireRequest,
} from "../../engine/sink/opensearch/opensearch_transport.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";
import { flagdrop, RunningCommand, until } from "../e2e/flagdrop.ts";
import { TAXI } from "../engine/sink/windows.ts";
import { opensearchSettings } from "../helpers/opensearch_settings.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { testIndexRules } from "./index_rules.ts";
import { testJobPresets } from "./job_presets.ts";
import { OpensearchNode } from "./opensearch_node.ts";
import { startJudge } from "./sigv4_judge.ts";
import { syntheticWindows } from "./synthetic_windows.ts";

t.setTimeout(1_700_000);

const MIB = 2 ** 20;
/** What the process may gain while it writes 75,000 documents. */
const MEMORY_GAIN_MAX = 150 * MIB;

const node = await OpensearchNode.create(t);
await node.start();

const folder = t.testdir();
const input = join(folder, "trips.jsonl");
writeFileSync(input, orderedTrips({ lineCount: 80_000, seed: 7 }).bytes);

/** A run's documents as its NDJSON file has them, by id. */
function ndjson(file: string): Map<string, Record<string, unknown>> {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return new Map(
    lines.map((line) => {
      const { _id, query: _, ...source } = JSON.parse(line);
      return [_id as string, source as Record<string, unknown>];
    }),
  );
}

function runArgs(name: string, url: string, more: readonly string[] = []) {
  return [
    ...["run", "--source", `file:${input}`, "--workers", "1"],
    ...["--sink", `opensearch:${url}`, "--opensearch-index", name],
    ...["--sink", `ndjson:${join(folder, `${name}.ndjson`)}`],
    ...["--dead-letters", join(folder, `${name}.dead`)],
    ...["--status-port", "0", ...more],
  ];
}

/** Whether an index has exactly some documents. */
async function sameDocuments(
  t: Test,
  index: string,
  expected: ReadonlyMap<string, Record<string, unknown>>,
): Promise<void> {
  const found = await node.documents(index);
  t.equal(found.size, expected.size, "as many documents");
  t.equal(await node.count(index), expected.size, "none twice");
  const wrong = [...expected].filter(([id, source]) => {
    const other = found.get(id);
    return (
      other === undefined ||
      Object.keys(other).length !== Object.keys(source).length ||
      Object.entries(source).some(([name, value]) => other[name] !== value)
    );
  });
  t.strictSame(wrong.slice(0, 3), [], "each the same");
}

async function openSink(
  t: Test,
  indexPrefix: string,
  more: Partial<OpensearchSettings> = {},
) {
  const said: string[] = [];
  const say = (fields: object, message: string) =>
    said.push(`${message} ${JSON.stringify(fields)}`);
  const sink = new OpensearchSink({
    plan: TAXI,
    settings: opensearchSettings([node.url], { indexPrefix, ...more }),
    log: { warn: say, error: say },
  });
  t.teardown(() => sink.close());
  await sink.open();
  return { sink, said };
}

function documentsOf(windows: readonly FiredWindow[]) {
  const all = new Map<string, Record<string, unknown>>();
  for (const window of windows) {
    for (let row = 0; row < window.rowCount; row++) {
      const { _id, query: _, ...source } = documentOf(window, row);
      all.set(_id, source);
    }
  }
  return all;
}

/**
 * Writes 75,000 documents while something is wrong, puts it right once the
 * sink says so, and compares.
 */
async function writeThrough(
  t: Test,
  prefix: string,
  mishap: {
    readonly begin: () => Promise<unknown>;
    readonly end: (said: readonly string[]) => Promise<unknown>;
  },
): Promise<void> {
  const { sink, said } = await openSink(t, prefix);
  const windows = syntheticWindows(0, 30, 2_500);
  await sink.write(windows.slice(0, 5));
  global.gc?.();
  const before = process.memoryUsage.rss();
  await mishap.begin();
  const written = (async () => {
    for (let i = 0; i < windows.length; i += 5) {
      await sink.write(windows.slice(i, i + 5));
    }
  })();
  await mishap.end(said);
  await written;
  const gained = process.memoryUsage.rss() - before;
  t.ok(gained < MEMORY_GAIN_MAX, `${(gained / MIB).toFixed(0)} MiB more`);
  t.strictSame(sink.takeRefused(), []);
  t.equal(sink.stats().trouble, null);
  await sameDocuments(t, `${prefix}-pickup_count`, documentsOf(windows));
}

t.test("a run's index is its NDJSON file, also when run twice", async (t) => {
  for (const more of [[], ["--opensearch-gzip"]]) {
    const args = runArgs("plain", node.url, more);
    const { code, stderr } = await flagdrop(args);
    t.equal(code, 0, stderr);
    const expected = ndjson(join(folder, "plain.ndjson"));
    t.ok(expected.size > 2_000, `${expected.size} documents`);
    await sameDocuments(t, "plain-*", expected);
  }
  const { json } = await node.call("GET", "/plain-*/_mapping");
  t.equal(Object.keys(json).length, 2);
});

t.test(
  "an index for each day, at the one of two nodes that is there",
  async (t) => {
    // One of two addresses is nobody's.
    const args = runArgs("daily", `http://127.0.0.1:1,${node.url}`, [
      ...["--opensearch-index-time", "day"],
    ]);
    const { code, stderr } = await flagdrop(args);
    t.equal(code, 0, stderr);
    await sameDocuments(t, "daily-*", ndjson(join(folder, "daily.ndjson")));
    const { json } = await node.call("GET", "/daily-*/_mapping");
    const names = Object.keys(json);
    t.ok(
      names.every((name) => /-\d{4}\.\d\d\.\d\d$/.test(name)),
      `${names}`,
    );
  },
);

testJobPresets(t, node);
testIndexRules(t, node);

t.test("documents that the node refuses are dead letters", async (t) => {
  const { sink } = await openSink(t, "dead");
  const index = "dead-pickup_count";
  const { json } = await node.call("GET", `/${index}`);
  // As strict as before, but for one field too small for one count.
  const { mappings } = json[index] as {
    mappings: { properties: Record<string, object> };
  };
  await sink.close();
  mappings.properties["pickup_count"] = { type: "integer" };
  await node.call("DELETE", `/${index}`);
  await node.call("PUT", `/${index}`, { mappings });
  const { sink: again } = await openSink(t, "dead");
  const [window] = syntheticWindows(0, 1, 1_000);
  const counts = Float64Array.from(window!.counts);
  counts[500] = 2 ** 40;
  await again.write([{ ...window!, counts }]);
  const letters = again.takeRefused();
  t.equal(letters.length, 1);
  t.equal(letters[0]?.reason, "mapper_parsing_exception");
  t.match(letters[0]?.detail, /pickup_count/);
  t.match(again.stats(), { documents: 999, refused: 1 });
  t.equal(await node.count(index), 999);
});

t.test("an index that is blocked is waited for", async (t) => {
  const index = "/blocked-pickup_count";
  await writeThrough(t, "blocked", {
    begin: () =>
      node.call("PUT", `${index}/_settings`, {
        "index.blocks.read_only_allow_delete": true,
      }),
    async end(said) {
      await until("it is said loudly", () =>
        said.some((line) => /is blocked and takes no documents/.test(line)),
      );
      await node.call("PUT", `${index}/_settings`, {
        "index.blocks.read_only_allow_delete": null,
      });
    },
  });
});

t.test("a tripped circuit breaker is waited for", async (t) => {
  const limit = (value: string | null) =>
    node.call("PUT", "/_cluster/settings", {
      transient: { "network.breaker.inflight_requests.limit": value },
    });
  await writeThrough(t, "breaker", {
    begin: () => limit("30kb"),
    async end(said) {
      await until("it trips", () =>
        said.some((line) => line.includes("circuit_breaking_exception")),
      );
      await limit(null);
    },
  });
});

t.test("a shard without a node is waited for", async (t) => {
  const index = "/unassigned-pickup_count";
  const required = "index.routing.allocation.require._name";
  await writeThrough(t, "unassigned", {
    async begin() {
      // Only a new index stays without a node; the old one's is kept for it.
      const { json } = await node.call("GET", `${index}/_mapping`);
      const { mappings } = json[index.slice(1)] as { mappings: object };
      await node.call("DELETE", index);
      const settings = { [required]: "nobody" };
      const body = { mappings, settings };
      await node.call("PUT", `${index}?wait_for_active_shards=0`, body);
    },
    async end(said) {
      await until(
        "the cluster gives up waiting for it",
        () => said.some((line) => /unavailable_shards|503/.test(line)),
        120_000,
      );
      await node.call("PUT", `${index}/_settings`, { [required]: null });
    },
  });
});

t.test("a node that stands still for 30 s is waited for", async (t) => {
  await writeThrough(t, "paused", {
    begin: async () => node.signal("SIGSTOP"),
    async end() {
      await systemClock.sleep(30_000);
      node.signal("SIGCONT");
    },
  });
});

t.test("a node that is killed and comes back loses nothing", async (t) => {
  const running = new RunningCommand(runArgs("killed", node.url), {
    timeoutMs: 300_000,
  });
  await until("it has written something", async () => {
    const { status, json } = await node.call(
      "GET",
      "/killed-*/_stats/indexing",
    );
    if (status !== 200) return false;
    const { _all } = json as {
      _all: { primaries: { indexing?: { index_total: number } } };
    };
    return (_all.primaries.indexing?.index_total ?? 0) > 500;
  });
  await node.stop("SIGKILL");
  await systemClock.sleep(2_000);
  await node.start();
  const { code, stderr } = await running.finished();
  t.equal(code, 0, stderr);
  t.match(stderr, /does not take documents/);
  t.match(stderr, /takes documents again/);
  await sameDocuments(t, "killed-*", ndjson(join(folder, "killed.ndjson")));
});

t.test("a write queue of two is written through", async (t) => {
  await node.stop();
  await node.start({
    "thread_pool.write.size": 1,
    "thread_pool.write.queue_size": 2,
    // For the test after this one, without another start.
    "http.max_content_length": "700kb",
  });
  // Ten shards make ten tasks of each body.
  await node.call("PUT", "/_index_template/shards", {
    index_patterns: ["queue-*"],
    priority: 1,
    template: { settings: { number_of_shards: 10, number_of_replicas: 0 } },
  });
  const first = await openSink(t, "queue");
  await first.sink.close();
  const { json } = await node.call("GET", "/queue-pickup_count/_mapping");
  const { mappings } = json["queue-pickup_count"] as { mappings: object };
  await node.call("DELETE", "/queue-pickup_count");
  await node.call("PUT", "/queue-pickup_count", {
    mappings,
    settings: { number_of_shards: 10, number_of_replicas: 0 },
  });
  const { sink, said } = await openSink(t, "queue");
  const windows = syntheticWindows(0, 30, 2_500);
  for (let i = 0; i < windows.length; i += 5) {
    await sink.write(windows.slice(i, i + 5));
  }
  t.ok(sink.stats().retries > 0, `${sink.stats().retries} retries`);
  t.ok(said.some((line) => line.includes("rejected_execution_exception")));
  await sameDocuments(t, "queue-pickup_count", documentsOf(windows));
});

t.test("bodies that are too long for the node are halved", async (t) => {
  const { sink } = await openSink(t, "long");
  const windows = syntheticWindows(0, 10, 2_500);
  await sink.write(windows);
  t.ok(sink.stats().retries >= 1, `${sink.stats().retries} retries`);
  t.strictSame(sink.takeRefused(), []);
  await sameDocuments(t, "long-pickup_count", documentsOf(windows));
  // What was too long once is not tried again.
  const { retries } = sink.stats();
  await sink.write(syntheticWindows(10, 10, 2_500));
  t.equal(sink.stats().retries, retries);
});

const KEYS = {
  AKIDEXAMPLE: ["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null],
  ASIAEXAMPLE: ["tempSecret/with+chars=", "FwoGZXIvYXdzE//token+with/chars=="],
} as const;

t.test("botocore accepts all signatures of whole runs", async (t) => {
  const judge = await startJudge(t, node.url);
  for (const service of ["es", "aoss"] as const) {
    for (const [key, [secret, token]] of Object.entries(KEYS)) {
      const keys = { [key]: [secret, token] as const };
      await judge.rule({ service, keys, region: "eu-west-1" });
      const name = `signed-${service}-${key.toLowerCase()}`;
      const args = runArgs(name, judge.url, [
        ...["--opensearch-service", service, "--region", "eu-west-1"],
      ]);
      const env = {
        AWS_ACCESS_KEY_ID: key,
        AWS_SECRET_ACCESS_KEY: secret,
        ...(token !== null && { AWS_SESSION_TOKEN: token }),
      };
      const { code, stderr } = await flagdrop(args, { env });
      t.equal(code, 0, stderr);
      const { accepted, refused, why } = await judge.judgement();
      t.equal(refused, 0, why);
      t.ok(accepted > 8, `${accepted} requests`);
      const expected = ndjson(join(folder, `${name}.ndjson`));
      await sameDocuments(t, `${name}-*`, expected);
    }
  }
});

/** Credentials that are replaced when they are asked for anew. */
function sourceOf(pairs: readonly AwsCredentials[]): CredentialsSource {
  let at = 0;
  return {
    current: async () => pairs[at]!,
    refresh: async () => {
      at = Math.min(at + 1, pairs.length - 1);
      return pairs[at]!;
    },
  };
}

function pairOf(key: keyof typeof KEYS): AwsCredentials {
  const [secretAccessKey, token] = KEYS[key];
  return {
    accessKeyId: key,
    secretAccessKey,
    sessionToken: token ?? "",
    expiresAtMs: Number.POSITIVE_INFINITY,
  };
}

t.test("expired tokens and wrong clocks are mended once", async (t) => {
  const judge = await startJudge(t, node.url);
  const [window] = syntheticWindows(0, 1, 100);
  const signed = (pairs: readonly AwsCredentials[]) => ({
    origins: [judge.url],
    auth: {
      type: "sigv4",
      service: "es",
      region: "eu-west-1",
      credentials: sourceOf(pairs),
    } as const,
  });
  const pairs = [pairOf("AKIDEXAMPLE"), pairOf("ASIAEXAMPLE")];
  await judge.rule({ service: "es", keys: KEYS });
  const { sink } = await openSink(t, "mended", signed(pairs));
  await sink.write([window!]);
  // The first key is over without a word, and the clock 20 minutes off.
  const { ASIAEXAMPLE } = KEYS;
  await judge.rule({ keys: { ASIAEXAMPLE }, aheadSeconds: 1_200 });
  await sink.write([window!]);
  t.equal((await judge.judgement()).refused, 1);
  await judge.rule({ aheadSeconds: -1_200 });
  await sink.write([window!]);
  t.equal((await judge.judgement()).refused, 1);
  await judge.rule({ keys: {} });
  await t.rejects(sink.write([window!]), {
    code: "FD_CREDENTIALS",
    message: /security token included in the request is invalid/,
  });
  t.equal((await judge.judgement()).refused, 2);
});

t.test("botocore refuses every request that was tampered with", async (t) => {
  const judge = await startJudge(t, node.url);
  const transport = httpOpensearchTransport("");
  t.teardown(() => transport.close());
  const { signal } = new AbortController();
  const sent: WireRequest[] = [];
  await judge.rule({ service: "es", keys: KEYS });
  const sink = new OpensearchSink({
    plan: TAXI,
    settings: opensearchSettings([node.url], {
      indexPrefix: "tampered",
      origins: [judge.url],
      auth: {
        type: "sigv4",
        service: "es",
        region: "eu-west-1",
        credentials: sourceOf([pairOf("ASIAEXAMPLE")]),
      },
    }),
    transport: {
      send(origin, request, signal) {
        sent.push(request);
        return transport.send(origin, request, signal);
      },
      close: async () => {},
    },
  });
  await sink.open();
  await sink.write(syntheticWindows(0, 1, 10));
  const bulk = sent.at(-1)!;
  t.match(bulk.path, /^\/_bulk\?filter_path=/);
  const header = (name: string, value: string): WireRequest => ({
    ...bulk,
    headers: { ...bulk.headers, [name]: value },
  });
  const authorization = bulk.headers["authorization"]!;
  const { "x-amz-security-token": _, ...tokenless } = bulk.headers;
  const { authorization: __, ...unsigned } = bulk.headers;
  const changed = Buffer.from(bulk.body);
  changed[changed.length - 3]! ^= 1;
  const tampered: Record<string, WireRequest> = {
    body: { ...bulk, body: changed },
    path: { ...bulk, path: bulk.path.replace("_bulk", "_bulk2") },
    query: { ...bulk, path: `${bulk.path}&refresh=true` },
    method: { ...bulk, method: "PUT" },
    region: header("authorization", authorization.replace("eu-", "us-")),
    service: header("authorization", authorization.replace("/es/", "/s3/")),
    key: header("authorization", authorization.replace("ASIA", "AKID")),
    date: header("x-amz-date", "20160101T000000Z"),
    token: { ...bulk, headers: tokenless },
    unsigned: { ...bulk, headers: unsigned },
    hash: header("x-amz-content-sha256", "0".repeat(64)),
  };
  t.equal((await transport.send(judge.url, bulk, signal)).status, 200);
  for (const [what, request] of Object.entries(tampered)) {
    const { status } = await transport.send(judge.url, request, signal);
    t.equal(status, 403, what);
  }
});

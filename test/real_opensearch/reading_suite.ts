/**
 * Goal: what is read from a cluster is what is read from the embedded store,
 * what Dashboards asks has answers, and refused documents can be sent again;
 * all of it over TLS, with a user. Not a part of `npm test`, as it fetches and
 * starts a node.
 */
import { join } from "node:path";
import fc from "fast-check";
import t, { type Test } from "tap";
import { request } from "undici";
import { systemClock } from "../../engine/clock.ts";
import { OpensearchResults } from "../../engine/results/opensearch_results.ts";
import type { Results } from "../../engine/results/results.ts";
import { DeadLetterFile } from "../../engine/sink/dead_letters.ts";
import { DuckdbSink } from "../../engine/sink/duckdb_sink.ts";
import { planIndices } from "../../engine/sink/opensearch/index_plan.ts";
import { OpensearchClient } from "../../engine/sink/opensearch/opensearch_client.ts";
import type { OpensearchSettings } from "../../engine/sink/opensearch/opensearch_settings.ts";
import { OpensearchSink } from "../../engine/sink/opensearch/opensearch_sink.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";
import { flagdrop, RunningCommand, until } from "../e2e/flagdrop.ts";
import { fired, TAXI, type WindowSpec } from "../engine/sink/windows.ts";
import { opensearchSettings } from "../helpers/opensearch_settings.ts";
import { AUTHORITY_PEM } from "../helpers/test_authority.ts";
import { askDashboards } from "./ask_dashboards.ts";
import { NODE_USERS } from "./node_security.ts";
import { OpensearchNode } from "./opensearch_node.ts";
import { testRunningRun } from "./running_run.ts";

t.setTimeout(900_000);

const node = await OpensearchNode.create(t, { isSecure: true });
await node.start();

const authority = join(t.testdir({ "ca.pem": AUTHORITY_PEM }), "ca.pem");
/** Further arguments of a command that reaches the node, and its environment. */
const ACCESS = [
  ...["--ca-file", authority],
  ...["--opensearch-user", NODE_USERS.admin.name],
];
const ENV = { FLAGDROP_OPENSEARCH_PASSWORD: NODE_USERS.admin.password };

const WINDOW_MS = 600_000;
const CELLS = ["dr5ru7", "dr5ru6", "dr5rsz", "dr72h0", "dr5x0z", "dr5ryy"];
const BOX = { westDeg: -74, southDeg: 40.7, eastDeg: -73.9, northDeg: 40.8 };

function settingsFor(indexPrefix: string): OpensearchSettings {
  const { name: user, password } = NODE_USERS.admin;
  return opensearchSettings([node.url], {
    indexPrefix,
    auth: { type: "basic", user, password },
    caPem: AUTHORITY_PEM,
  });
}

const anySpec: fc.Arbitrary<WindowSpec> = fc
  .record({
    at: fc.integer({ min: 0, max: 300 }),
    cells: fc.uniqueArray(fc.constantFrom(...CELLS), { minLength: 1 }),
    zone: fc.constantFrom("JFK", "LGA"),
    isTrips: fc.boolean(),
    count: fc.integer({ min: 2, max: 1_000 }),
  })
  .map(({ at, cells, zone, isTrips, count }) => ({
    queryIndex: isTrips ? 1 : 0,
    windowStartMs: at * WINDOW_MS,
    rows: cells.map((cell, i) => ({
      key: isTrips ? [cell, zone] : [cell],
      count: count + i,
      accumulators: isTrips ? [count * 17 + i] : [],
    })),
  }));

/** Everything that a page may ask, of any part of the time. */
async function answersOf(results: Results, from: number, to: number) {
  const range = { fromMs: from * WINDOW_MS, toMs: to * WINDOW_MS };
  const cells = await Promise.all(
    ["pickup_count", "trip_duration"].flatMap((query) =>
      [1, 3, 4, 5, 6].flatMap((precision) => [
        results.cells({ query, range, precision }),
        results.cells({ query, range, precision, box: BOX }),
      ]),
    ),
  );
  const series = await Promise.all([
    ...[undefined, "pickup_count"].map((measure) =>
      results.series({
        query: "pickup_count",
        range,
        stepMs: 3 * WINDOW_MS,
        measure,
      }),
    ),
    ...["sum_trip_duration", "avg_trip_duration", undefined].flatMap(
      (measure) =>
        [undefined, "dr5ru7", "dr5"].map((cell) =>
          results.series({
            query: "trip_duration",
            range,
            stepMs: WINDOW_MS,
            measure,
            cell,
          }),
        ),
    ),
  ]);
  return { extent: await results.extent(), cells, series };
}

/** Writes the same to both and opens their results. */
async function bothStores(t: Test, name: string, windows: FiredWindow[]) {
  const settings = settingsFor(name);
  const file = join(t.testdir(), `${name}.duckdb`);
  const store = new DuckdbSink({ file, plan: TAXI });
  const sink = new OpensearchSink({ plan: TAXI, settings });
  for (const one of [store, sink]) {
    await one.open();
    for (const window of windows) await one.write([window]);
  }
  await node.call("POST", `/${name}-*/_refresh`);
  const client = new OpensearchClient({ settings, clock: systemClock });
  const indexPlan = planIndices(TAXI, settings);
  const cluster = new OpensearchResults({ client, plan: TAXI, indexPlan });
  const close = async () => {
    await client.close();
    await sink.close();
    await store.close();
  };
  return { file, store, sink, cluster, close };
}

t.test("the cluster answers as the store does", async (t) => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySpec, { minLength: 1, maxLength: 12 }),
      fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1 })),
      async (specs, [from, length]) => {
        // One window of a query and time: the last to be made.
        const unique = new Map(
          specs.map((one) => [`${one.queryIndex}|${one.windowStartMs}`, one]),
        );
        const windows = [...unique.values()].map((one) => fired(TAXI, one));
        const both = await bothStores(t, `same${run++}`, windows);
        const to = from + (length % 301);
        const expected = await answersOf(both.store.results, from, to);
        t.strictSame(await answersOf(both.cluster, from, to), expected);
        t.strictSame(await answersOf(both.sink.results, from, to), expected);
        await both.close();
      },
    ),
    { numRuns: 6 },
  );
});

const SPECS: readonly WindowSpec[] = [0, 1, 2].flatMap((at) => [
  {
    queryIndex: 0,
    windowStartMs: at * WINDOW_MS,
    rows: CELLS.map((cell, i) => ({
      key: [cell],
      count: 2 + at + i,
      accumulators: [],
    })),
  },
  {
    queryIndex: 1,
    windowStartMs: at * WINDOW_MS,
    rows: ["JFK", "LGA"].map((zone, i) => ({
      key: ["dr5ru7", zone],
      count: 3 + i,
      accumulators: [100 + at + i],
    })),
  },
]);

t.test(
  "the page over a cluster tells what the one over a file tells",
  async (t) => {
    const windows = SPECS.map((spec) => fired(TAXI, spec));
    const { file, close } = await bothStores(t, "page", windows);
    await close();
    const open = async (store: string) => {
      const args = ["dashboard", "--store", store, "--status-port", "0"];
      const isCluster = store !== file;
      const command = new RunningCommand(
        [
          ...args,
          ...(isCluster ? [...ACCESS, "--opensearch-index", "page"] : []),
        ],
        { env: isCluster ? ENV : {} },
      );
      t.teardown(() => command.stop("SIGKILL"));
      await until("the page is there", () => {
        if (command.hasEnded) throw new Error(command.output);
        return command.output.includes("The page is at");
      });
      return /at (http\S+)/.exec(command.output)?.[1] ?? "";
    };
    const [first, second] = [
      await open(file),
      await open(`opensearch:${node.url}`),
    ];
    for (const path of [
      "api/results",
      "api/results/cells?query=pickup_count&from=0&to=1200000&precision=6",
      "api/results/series?query=trip_duration&from=0&to=1800000&step=600000&measure=avg_trip_duration",
    ]) {
      const [a, b] = await Promise.all(
        [first, second].map(async (url) => {
          const { body } = await request(`${url}/${path}`);
          return (await body.json()) as Record<string, unknown>;
        }),
      );
      t.strictSame(b, a, path);
      t.ok(JSON.stringify(a).length > 100);
    }
  },
);

t.test("every aggregation of the dashboards has an answer", async (t) => {
  const windows = SPECS.map((spec) => fired(TAXI, spec));
  await (await bothStores(t, "boards", windows)).close();
  const asked = await askDashboards(t, node, {
    plan: TAXI,
    indexPlan: planIndices(TAXI, settingsFor("boards")),
  });
  t.equal(asked, 4, "a map and lines, twice");
});

t.test("refused documents are sent again by dead-letters replay", async (t) => {
  const settings = settingsFor("letters");
  const index = "letters-pickup_count";
  const setup = new OpensearchSink({ plan: TAXI, settings });
  await setup.open();
  await setup.close();
  const { json } = await node.call("GET", `/${index}`);
  const { mappings } = json[index] as {
    mappings: { properties: Record<string, object> };
  };
  const small = structuredClone(mappings);
  small.properties["pickup_count"] = { type: "integer" };
  await node.call("DELETE", `/${index}`);
  await node.call("PUT", `/${index}`, { mappings: small });
  const sink = new OpensearchSink({ plan: TAXI, settings });
  await sink.open();
  const [spec] = SPECS;
  const window = fired(TAXI, spec!);
  await sink.write([
    { ...window, counts: window.counts.map((n) => n + 2 ** 40) },
  ]);
  const refused = sink.takeRefused();
  t.equal(refused.length, CELLS.length);
  await sink.close();
  const file = join(t.testdir(), "letters.ndjson");
  const letters = await DeadLetterFile.open(file);
  await letters.write([
    ...refused,
    {
      ...{ shardId: "shard-0", sequenceNumber: "1", subSequenceNumber: 0 },
      ...{ reason: "not_json", bytes: Buffer.from("x") },
    },
  ]);
  await letters.close();
  const args = ["dead-letters", "replay", file];
  const to = ["--sink", `opensearch:${node.url}`, ...ACCESS];
  const still = await flagdrop([...args, ...to], { env: ENV });
  t.equal(still.code, 1, still.stderr);
  t.match(still.stdout, "0 documents written, 6 refused again, 1 records left");
  await node.call("DELETE", `/${index}`);
  await node.call("PUT", `/${index}`, { mappings });
  const { code, stdout, stderr } = await flagdrop([...args, ...to], {
    env: ENV,
  });
  t.equal(code, 0, stderr);
  t.match(stdout, "6 documents written, 0 refused again, 1 records left");
  t.equal(await node.count(index), 6);
});

testRunningRun(t, node);

/**
 * Goal: questions become one search each, and its answers are read as they are
 * meant. That a real cluster answers as the embedded store does is compared by
 * `test/real_opensearch/reading_suite.ts`.
 */
import t from "tap";
import { openOpensearchResults } from "../../../engine/results/open_opensearch_results.ts";
import { OpensearchSink } from "../../../engine/sink/opensearch/opensearch_sink.ts";
import { MemoryCluster } from "../../helpers/memory_cluster.ts";
import { opensearchSettings } from "../../helpers/opensearch_settings.ts";
import { serveCluster } from "../../helpers/serve_cluster.ts";
import { TAXI } from "../sink/windows.ts";

const LOG = { warn() {}, error() {} };
const RANGE = { fromMs: 0, toMs: 1_200_000 };

/** A cluster with a run's indices that answers searches as it is told. */
async function opened(t: Parameters<typeof serveCluster>[0]) {
  const cluster = new MemoryCluster();
  const settings = opensearchSettings([await serveCluster(t, cluster)]);
  const sink = new OpensearchSink({ plan: TAXI, settings });
  await sink.open();
  await sink.close();
  const state = {
    aggregations: {} as object,
    status: 200,
    bodies: [] as string[],
  };
  cluster.script = ({ path, body }) => {
    if (!path.includes("_search")) return undefined;
    state.bodies.push(body.toString());
    const { aggregations, status } = state;
    return { type: "answer", status, body: { aggregations } };
  };
  const { plan, results, close } = await openOpensearchResults(settings, LOG);
  t.teardown(close);
  return { plan, results, state };
}

t.test("the indices tell the job", async (t) => {
  const { plan, results } = await opened(t);
  t.strictSame(plan, JSON.parse(JSON.stringify(TAXI)));
  t.equal(await results.extent(), undefined);
  const bare = opensearchSettings(
    [await serveCluster(t, new MemoryCluster())],
    {
      indexPrefix: "taxi",
    },
  );
  await t.rejects(openOpensearchResults(bare, LOG), {
    code: "FD_STORE",
    message: /no index "taxi-…" there is of a run/,
  });
});

t.test("cells are the busiest first, and those in the box", async (t) => {
  const { results, state } = await opened(t);
  state.aggregations = {
    first: { value: 599_999 },
    last: { value: 1_199_999 },
    cells: {
      buckets: [
        { key: "dr5rsz", n: { value: 5 } },
        { key: "dr5ru7", n: { value: 9 } },
        { key: "dr5ru6", n: { value: 9 } },
        { key: "9q8yyk", n: { value: 99 } },
      ],
    },
  };
  t.strictSame(await results.extent(), { fromMs: 599_999, toMs: 1_200_000 });
  const box = { westDeg: -75, southDeg: 40, eastDeg: -73, northDeg: 41 };
  t.strictSame(
    await results.cells({
      query: "pickup_count",
      range: RANGE,
      precision: 6,
      box,
    }),
    {
      cells: ["dr5ru6", "dr5ru7", "dr5rsz"],
      counts: [9, 9, 5],
      isCut: false,
    },
  );
  t.match(state.bodies.at(-1), /"sum":\{"field":"pickup_count"\}/);
  t.match(state.bodies.at(-1), /"location_cell":\{"gte":/);
});

t.test("means are sums over events, a line for each zone", async (t) => {
  const { results, state } = await opened(t);
  state.aggregations = {
    zones: {
      buckets: [
        {
          key: "LGA",
          times: { buckets: [{ key: 0, n: { value: 4 }, v: { value: 90 } }] },
        },
      ],
    },
  };
  t.strictSame(
    await results.series({
      query: "trip_duration",
      range: RANGE,
      stepMs: 600_000,
      measure: "avg_trip_duration",
      cell: "dr5",
    }),
    [
      { zone: "JFK", timesMs: [], counts: [], values: [] },
      { zone: "LGA", timesMs: [0], counts: [4], values: [22.5] },
    ],
  );
  t.match(state.bodies.at(-1), /"sum":\{"field":"event_count"\}/);
  t.match(state.bodies.at(-1), /"fixed_interval":"600000ms"/);
  t.match(state.bodies.at(-1), /"lte":"dr5~"/);
});

t.test(
  "a cluster that can't answer is a store that can't be read",
  async (t) => {
    const { results, state } = await opened(t);
    state.status = 503;
    await t.rejects(results.extent(), { code: "FD_STORE", message: /503/ });
    await t.rejects(
      results.cells({ query: "no", range: RANGE, precision: 6 }),
      { code: "FD_OPTION", message: 'Cannot find query "no"' },
    );
  },
);

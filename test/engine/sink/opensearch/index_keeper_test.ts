/**
 * Goal: no document meets a guessed mapping, and nothing of a user's own is
 * overwritten unasked. Method: the sink's start on clusters that hold all sorts.
 */
import t, { type Test } from "tap";
import type { OpensearchSettings } from "../../../../engine/sink/opensearch/opensearch_settings.ts";
import { OpensearchSink } from "../../../../engine/sink/opensearch/opensearch_sink.ts";
import { MemoryCluster } from "../../../helpers/memory_cluster.ts";
import { opensearchSettings } from "../../../helpers/opensearch_settings.ts";
import { JumpingClock } from "../../kinesis/jumping_clock.ts";
import { TAXI } from "../windows.ts";

const PICKUPS = "taxi-dashboard-pickup_count";
const TRIPS = "taxi-dashboard-trip_duration";

function sinkOn(
  cluster: MemoryCluster,
  settings: Partial<OpensearchSettings> = {},
) {
  const said: string[] = [];
  const say = (_: object, message: string) => said.push(message);
  const sink = new OpensearchSink({
    plan: TAXI,
    settings: opensearchSettings(["http://a:9200"], settings),
    clock: new JumpingClock(),
    random: () => 0.5,
    transport: cluster,
    log: { warn: say, error: say },
  });
  return { sink, said };
}

/** A cluster that the sink has been opened on, and what it wrote there. */
async function opened() {
  const cluster = new MemoryCluster();
  await sinkOn(cluster).sink.open();
  return cluster;
}

function written(cluster: MemoryCluster): string[] {
  return cluster.requests
    .filter(({ method }) => method === "PUT")
    .map(({ path }) => path);
}

type Mapping = { properties: Record<string, Record<string, unknown>> };

function mappingOf(cluster: MemoryCluster, index = PICKUPS): Mapping {
  return cluster.indices.get(index)!.mappings as Mapping;
}

function templateMapping(cluster: MemoryCluster): Mapping {
  const { template } = cluster.templates.get(PICKUPS)!;
  return (template as { mappings: Mapping }).mappings;
}

async function refuses(
  t: Test,
  cluster: MemoryCluster,
  message: RegExp,
): Promise<void> {
  await t.rejects(sinkOn(cluster).sink.open(), {
    code: "FD_SINK",
    message,
  });
}

t.test(
  "templates come first, then indices; a second start writes nothing",
  async (t) => {
    const cluster = await opened();
    t.strictSame(written(cluster), [
      `/_index_template/${PICKUPS}`,
      `/_index_template/${TRIPS}`,
      `/${PICKUPS}`,
      `/${TRIPS}`,
    ]);
    cluster.requests.length = 0;
    const { sink, said } = sinkOn(cluster);
    await sink.open();
    t.strictSame(written(cluster), []);
    t.strictSame(said, []);
  },
);

t.test("a template that differs harmlessly is left, and named", async (t) => {
  const cluster = await opened();
  templateMapping(cluster).properties["note"] = { type: "keyword" };
  const before = JSON.stringify([...cluster.templates]);
  const { sink, said } = sinkOn(cluster);
  await sink.open();
  t.equal(JSON.stringify([...cluster.templates]), before);
  t.match(said[0], /differs from ours and is left/);

  await sinkOn(cluster, { replacesTemplates: true }).sink.open();
  t.notOk(templateMapping(cluster).properties["note"]);
});

t.test(
  "a template that would guess a mapping is refused or replaced",
  async (t) => {
    const cluster = await opened();
    cluster.indices.clear();
    templateMapping(cluster).properties["location"] = { type: "text" };
    cluster.requests.length = 0;
    await refuses(
      t,
      cluster,
      /field "location" is of type text instead of geo_point in what wins there: .*--opensearch-template replace/,
    );
    t.strictSame(written(cluster), []);
    await sinkOn(cluster, { replacesTemplates: true }).sink.open();
    t.equal(mappingOf(cluster).properties["location"]?.["type"], "geo_point");
  },
);

t.test("another's template of higher priority is seen", async (t) => {
  const cluster = new MemoryCluster();
  cluster.templates.set("all", {
    index_patterns: ["taxi-*"],
    priority: 9_999,
    template: { mappings: {} },
  });
  await refuses(t, cluster, /field "timestamp" is missing in what wins there/);
  t.equal(cluster.indices.size, 0);
});

t.test("an index with other mappings is refused", async (t) => {
  const broken: [string, Record<string, unknown> | undefined, RegExp][] = [
    ["location", { type: "geo_point" }, /"location" is not copied/],
    ["location_cell", { type: "text" }, /of type text instead of keyword/],
    ["timestamp", { type: "long" }, /of type long instead of date/],
    [
      "timestamp",
      { type: "date", format: "strict_date" },
      /has no format epoch_millis/,
    ],
    ["pickup_count", undefined, /"pickup_count" is missing/],
    ["pickup_count", { type: "long", doc_values: false }, /no doc_values/],
  ];
  for (const [field, mapping, message] of broken) {
    const cluster = await opened();
    const { properties } = structuredClone(mappingOf(cluster));
    if (mapping === undefined) delete properties[field];
    else properties[field] = mapping;
    cluster.indices.get(PICKUPS)!.mappings = { properties };
    await refuses(t, cluster, message);
  }
});

t.test("missing fields are added when that is asked for", async (t) => {
  const cluster = await opened();
  const { location_cell: _, ...properties } = mappingOf(cluster).properties;
  cluster.indices.get(PICKUPS)!.mappings = { properties };
  await refuses(t, cluster, /"location_cell" is missing/);
  await sinkOn(cluster, { replacesTemplates: true }).sink.open();
  t.ok(mappingOf(cluster).properties["location_cell"]);
});

t.test("what earlier versions made is kept, and not spoken of", async (t) => {
  const cluster = await opened();
  const { query, ...properties } = mappingOf(cluster).properties;
  t.strictSame(query, { type: "keyword" }, "as Flink's documents have it");
  cluster.indices.get(PICKUPS)!.mappings = { properties };
  delete templateMapping(cluster).properties["query"];
  const before = JSON.stringify([...cluster.templates]);
  cluster.requests.length = 0;
  const { sink, said } = sinkOn(cluster);
  await sink.open();
  t.strictSame(said, []);
  t.strictSame(written(cluster), []);
  t.equal(JSON.stringify([...cluster.templates]), before);

  await sinkOn(cluster, { replacesTemplates: true }).sink.open();
  t.ok(mappingOf(cluster).properties["query"]);
  t.ok(templateMapping(cluster).properties["query"]);
});

t.test(
  "data streams and rollover aliases are refused, a plain alias not",
  async (t) => {
    const index = { aliases: {}, settings: {} };
    const { mappings } = (await opened()).indices.get(PICKUPS)!;
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ [`.ds-${PICKUPS}-000001`]: index }, /as it is a data stream/],
      [{ a: index, b: index }, /as it is an alias of 2 indices/],
      [{ "taxi-000001": index }, /as it is a rollover alias of "taxi-000001"/],
      [
        {
          taxi: { ...index, aliases: { [PICKUPS]: { is_write_index: true } } },
        },
        /rollover alias/,
      ],
    ];
    for (const [found, message] of cases) {
      const cluster = new MemoryCluster();
      cluster.others.set(PICKUPS, found);
      await refuses(t, cluster, message);
    }
    const cluster = new MemoryCluster();
    cluster.others.set(PICKUPS, { taxi: { ...index, mappings } });
    await sinkOn(cluster).sink.open();
  },
);

t.test(
  "names that no index can have are refused before anything is sent",
  (t) => {
    const cluster = new MemoryCluster();
    t.throws(() => sinkOn(cluster, { indexPrefix: "Taxi" }), {
      code: "FD_OPTION",
      message: /Cannot name an index "Taxi-pickup_count": use lower-case/,
    });
    t.end();
  },
);

t.test("nothing is written beside a name that is taken", async (t) => {
  const cluster = new MemoryCluster();
  cluster.others.set(PICKUPS, { [`.ds-${PICKUPS}-000001`]: {} });
  await refuses(t, cluster, /as it is a data stream/);
  t.strictSame(written(cluster), []);
  t.notOk(cluster.requests.some(({ path }) => path.includes("_simulate")));
});

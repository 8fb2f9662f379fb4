/**
 * What the sink finds at its start, and what it may not write to, on a real
 * node: its answers are normalised, and are not those of a cluster in memory.
 */
import type { Test } from "tap";
import type { JobPlan } from "../../engine/job/plan.ts";
import type { OpensearchSettings } from "../../engine/sink/opensearch/opensearch_settings.ts";
import { OpensearchSink } from "../../engine/sink/opensearch/opensearch_sink.ts";
import { TAXI } from "../engine/sink/windows.ts";
import { opensearchSettings } from "../helpers/opensearch_settings.ts";
import type { OpensearchNode } from "./opensearch_node.ts";
import { syntheticWindows } from "./synthetic_windows.ts";

type Mappings = { properties: Record<string, object> };

interface Opening extends Partial<OpensearchSettings> {
  readonly plan?: JobPlan;
}

/** Adds the tests to a suite. */
export function testIndexRules(t: Test, node: OpensearchNode): void {
  const opened = async (
    t: Test,
    indexPrefix: string,
    { plan = TAXI, ...settings }: Opening = {},
  ) => {
    const said: string[] = [];
    const say = (_: object, message: string) => said.push(message);
    const sink = new OpensearchSink({
      plan,
      settings: opensearchSettings([node.url], { indexPrefix, ...settings }),
      log: { warn: say, error: say },
    });
    t.teardown(() => sink.close());
    await sink.open();
    return { sink, said };
  };
  const mappingsOf = async (index: string) => {
    const { json } = await node.call("GET", `/${index}`);
    return (json[index] as { mappings: Mappings }).mappings;
  };
  const put = async (path: string, body?: unknown) => {
    const { status, json } = await node.call("PUT", path, body);
    if (status !== 200) throw new Error(JSON.stringify(json));
  };

  t.test("what the sink made is found to be its own", async (t) => {
    await opened(t, "own");
    const { said } = await opened(t, "own");
    t.strictSame(said, []);
  });

  t.test("a template of a user's own is left, or replaced", async (t) => {
    const name = "tpl-pickup_count";
    const path = `/_index_template/${name}`;
    const body = (mappings: object) => ({
      index_patterns: [name],
      priority: 700,
      template: { mappings },
    });
    await put(path, body({ properties: { location: { type: "text" } } }));
    const before = await node.call("GET", path);
    await t.rejects(opened(t, "tpl"), {
      code: "FD_SINK",
      message: /"timestamp" is missing in what wins there: .*replace/,
    });
    t.strictSame(await node.call("GET", path), before);
    await opened(t, "tpl", { replacesTemplates: true });
    const { properties } = await mappingsOf(name);
    t.match(properties["location"], { type: "geo_point" });
    const { said } = await opened(t, "tpl");
    t.strictSame(said, []);
  });

  t.test("another's template that wins is seen beforehand", async (t) => {
    await put("/_index_template/catch-all", {
      index_patterns: ["won-*"],
      priority: 9_999,
      template: { mappings: { properties: { timestamp: { type: "long" } } } },
    });
    await t.rejects(opened(t, "won"), {
      code: "FD_SINK",
      message: /"timestamp" is of type long instead of date in what wins there/,
    });
    t.equal((await node.call("GET", "/won-pickup_count")).status, 404);
  });

  t.test("an index that has guessed its mapping is refused", async (t) => {
    await node.call("POST", "/guessed-pickup_count/_doc/1", {
      timestamp: 1,
      location: "dr5ru7",
      pickup_count: 2,
    });
    await t.rejects(opened(t, "guessed"), {
      code: "FD_SINK",
      message: /"timestamp" is of type long instead of date, .*"location"/,
    });
  });

  t.test("fields that are missing are added when asked for", async (t) => {
    await opened(t, "less");
    const mappings = await mappingsOf("less-pickup_count");
    const { location_cell: _, ...properties } = mappings.properties;
    properties["location"] = { type: "geo_point" };
    await node.call("DELETE", "/less-pickup_count");
    await put("/less-pickup_count", { mappings: { ...mappings, properties } });
    await t.rejects(opened(t, "less"), { message: /"location" is not copied/ });
    await opened(t, "less", { replacesTemplates: true });
    await opened(t, "less");
  });

  t.test("data streams and rollover aliases are refused", async (t) => {
    // The name of its time is one of the sink's own fields.
    await put("/_index_template/streams", {
      index_patterns: ["stream-*"],
      priority: 9_999,
      data_stream: { timestamp_field: { name: "timestamp" } },
      template: { mappings: await mappingsOf("own-pickup_count") },
    });
    await put("/_data_stream/stream-pickup_count");
    await t.rejects(opened(t, "stream"), {
      code: "FD_SINK",
      message: /"stream-pickup_count" .* as it is a data stream: /,
    });
    const mappings = await mappingsOf("own-pickup_count");
    const alias = { "roll-pickup_count": { is_write_index: true } };
    await put("/old-000001", { mappings, aliases: alias });
    await t.rejects(opened(t, "roll"), {
      code: "FD_SINK",
      message: /as it is a rollover alias of "old-000001"/,
    });
    const two = { "two-pickup_count": {} };
    await put("/two-a", { mappings, aliases: two });
    await put("/two-b", { mappings, aliases: two });
    await t.rejects(opened(t, "two"), {
      code: "FD_SINK",
      message: /as it is an alias of 2 indices/,
    });
    await put("/plain", { mappings, aliases: { "alias-pickup_count": {} } });
    const { sink } = await opened(t, "alias");
    await sink.write(syntheticWindows(0, 1, 10));
    t.equal(await node.count("plain"), 10);
  });

  t.test(
    "a correction has more events, an older one changes nothing",
    async (t) => {
      const plan = { ...TAXI, allowedLatenessMs: 600_000 };
      const { sink } = await opened(t, "versions", { plan });
      const [window] = syntheticWindows(0, 1, 100);
      const more = (by: number) => ({
        ...window!,
        counts: window!.counts.map((count) => count + by),
      });
      for (const by of [0, 5, 2]) await sink.write([more(by)]);
      t.match(sink.stats(), { documents: 300, refused: 0 });
      t.strictSame(sink.takeRefused(), []);
      const counts = [
        ...(await node.documents("versions-pickup_count")).values(),
      ]
        .map(({ pickup_count: count }) => Number(count))
        .sort();
      t.strictSame(counts, [...more(5).counts].sort());
    },
  );
}

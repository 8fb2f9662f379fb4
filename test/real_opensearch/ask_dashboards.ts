/**
 * What Dashboards would ask a node for the saved objects of a job.
 */
import type { Test } from "tap";
import type { JobPlan } from "../../engine/job/plan.ts";
import { cityDashboard } from "../../engine/saved_objects/city_dashboard.ts";
import type { SavedObject } from "../../engine/saved_objects/saved_object.ts";
import type { IndexPlan } from "../../engine/sink/opensearch/index_plan.ts";
import type { OpensearchNode } from "./opensearch_node.ts";

interface AggSpec {
  readonly id: string;
  readonly type: string;
  readonly schema: string;
  readonly params: Record<string, unknown>;
}

/** What Dashboards makes of a visualization's aggregations. */
function searchOf(aggs: readonly AggSpec[]): object {
  const metric = aggs.find(({ schema }) => schema === "metric")!;
  const buckets = aggs.filter(({ schema }) => schema !== "metric");
  let inner: object = { [metric.type]: { field: metric.params["field"] } };
  inner = { [metric.id]: inner };
  for (const { id, type, params } of buckets.toReversed()) {
    const { field } = params;
    const own =
      type === "date_histogram"
        ? { field, fixed_interval: "1m", min_doc_count: 1 }
        : type === "terms"
          ? { field, size: params["size"], order: { _key: params["order"] } }
          : { field, precision: params["precision"] };
    inner = { [id]: { [type]: own, aggs: inner } };
  }
  return inner;
}

function aggregationsOf({ type, attributes }: SavedObject): object[] {
  if (type === "visualization") {
    const { aggs } = JSON.parse(attributes["visState"] as string);
    return [searchOf(aggs)];
  }
  if (type !== "map") return [];
  const layers = JSON.parse(attributes["layerList"] as string) as {
    type: string;
    source: Record<string, Record<string, unknown>>;
  }[];
  return layers
    .filter((layer) => layer.type === "cluster")
    .map(({ source: { metric, cluster } }) => ({
      2: {
        [cluster!["agg"] as string]: {
          field: cluster!["field"],
          precision: cluster!["precision"],
        },
        aggs: {
          1: { [metric!["agg"] as string]: { field: metric!["field"] } },
        },
      },
    }));
}

/**
 * Asks every aggregation of a job's dashboards, for both versions.
 *
 * @returns How many there are.
 */
export async function askDashboards(
  t: Test,
  node: OpensearchNode,
  { plan, indexPlan }: { plan: JobPlan; indexPlan: IndexPlan },
): Promise<number> {
  let asked = 0;
  for (const version of ["2", "3"] as const) {
    const objects = cityDashboard({
      ...{ plan, indexPlan, version },
      ...{ timeFrom: "now-6h", timeTo: "now", refreshMs: 10_000 },
    });
    for (const object of objects) {
      const pattern = objects.find(({ id }) => id === object.references[0]?.id);
      for (const aggs of aggregationsOf(object)) {
        const index = pattern!.attributes["title"] as string;
        const fields = JSON.stringify(aggs).matchAll(/"field":"([^"]+)"/g);
        const mapping = await node.call("GET", `/${index}/_mapping`);
        for (const [, field] of fields) {
          t.match(JSON.stringify(mapping.json), `"${field}":{"type"`);
        }
        const query = JSON.parse(
          (
            object.attributes["kibanaSavedObjectMeta"] as {
              searchSourceJSON: string;
            }
          ).searchSourceJSON,
        ).query?.query;
        const { status, json } = await node.call("POST", `/${index}/_search`, {
          size: 0,
          query: query ? { query_string: { query } } : { match_all: {} },
          aggs,
        });
        t.equal(status, 200, JSON.stringify(json));
        const [found] = Object.values(
          json["aggregations"] as Record<string, { buckets: unknown[] }>,
        );
        t.ok(found!.buckets.length > 0, `${object.id} has buckets`);
        asked++;
      }
    }
  }
  return asked;
}

/**
 * Goal: Dashboards can import what is exported: every reference leads to an
 * object before it, every text in it is JSON, and each type has what it needs.
 */
import t from "tap";
import { cityDashboard } from "../../../engine/saved_objects/city_dashboard.ts";
import {
  type DashboardsVersion,
  type SavedObject,
  savedObjectLines,
} from "../../../engine/saved_objects/saved_object.ts";
import { planIndices } from "../../../engine/sink/opensearch/index_plan.ts";
import { TAXI } from "../sink/windows.ts";

const indexPlan = planIndices(TAXI, {
  ...{ indexPrefix: "taxi-dashboard", indexTime: "none" },
  ...{ hasIds: true, emitsEarly: false },
});

function objectsFor(version: DashboardsVersion, tiles?: string): SavedObject[] {
  return cityDashboard({
    ...{ plan: TAXI, indexPlan, version, tiles },
    ...{ timeFrom: "now-6h", timeTo: "now", refreshMs: 10_000 },
  });
}

const REQUIRED: Readonly<Record<SavedObject["type"], readonly string[]>> = {
  "index-pattern": ["title", "timeFieldName"],
  visualization: ["title", "visState", "uiStateJSON", "kibanaSavedObjectMeta"],
  map: ["title", "layerList", "mapState", "uiState"],
  dashboard: ["title", "panelsJSON", "optionsJSON", "timeFrom", "timeTo"],
};

for (const version of ["2", "3"] as const) {
  t.test(`objects for Dashboards ${version} hold together`, (t) => {
    const lines = savedObjectLines(objectsFor(version));
    const objects = lines
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as SavedObject);
    const seen = new Set<string>();
    for (const { id, type, attributes, references } of objects) {
      for (const one of references) {
        t.ok(seen.has(`${one.type}/${one.id}`), `${id} needs ${one.id}`);
      }
      t.notOk(seen.has(`${type}/${id}`));
      seen.add(`${type}/${id}`);
      for (const name of REQUIRED[type]) t.ok(name in attributes, name);
      const names = references.map(({ name }) => name);
      const used = JSON.stringify(attributes).match(
        /(?:panelRefName|indexRefName|indexPatternRefName)\\+":\\+"([^"\\]+)/g,
      );
      const refs = (used ?? []).map((text) => text.split('"').at(-1));
      t.strictSame(refs, names, `${id}: all references are used`);
      for (const [name, value] of Object.entries(attributes)) {
        if (!/JSON$|State$|List$/.test(name)) continue;
        t.doesNotThrow(() => JSON.parse(value as string), name);
      }
    }
    t.equal(objects.length, 5);
    t.end();
  });
}

t.test("the map sums pickups, redder where there are more", (t) => {
  const map = objectsFor("2").find(({ id }) => id.endsWith("-map"));
  const { type, aggs, params } = JSON.parse(
    map!.attributes["visState"] as string,
  );
  t.equal(type, "tile_map");
  t.match(aggs, [
    { type: "sum", params: { field: "pickup_count" } },
    { type: "geohash_grid", params: { field: "location" } },
  ]);
  t.equal(params.colorSchema, "Yellow to Red");
  t.end();
});

t.test("tiles go where the version can take them", (t) => {
  const tiles = "https://tiles.test/{z}/{x}/{y}.png";
  t.throws(() => objectsFor("2", tiles), {
    code: "FD_OPTION",
    message: /takes a WMS only/,
  });
  const map = objectsFor("3", tiles).find(({ type }) => type === "map");
  const layers = JSON.parse(map!.attributes["layerList"] as string);
  t.match(layers, [{ source: { url: tiles } }, { type: "cluster" }]);
  const bare = objectsFor("3").find(({ type }) => type === "map");
  t.equal(JSON.parse(bare!.attributes["layerList"] as string).length, 1);
  t.notMatch(savedObjectLines(objectsFor("3")), /https?:/);
  t.end();
});

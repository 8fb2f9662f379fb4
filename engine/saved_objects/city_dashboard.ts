/**
 * A job's dashboard for OpenSearch Dashboards: a map for each query that counts
 * events by cell, and a line chart for each that has means by zone.
 *
 * @module
 */
import type { JobPlan, QueryPlan } from "../job/plan.ts";
import type { IndexPlan } from "../sink/opensearch/index_plan.ts";
import { coordinateMap, layeredMap } from "./map_objects.ts";
import {
  type DashboardsVersion,
  type SavedObject,
  SEARCH_INDEX,
  savedObject,
} from "./saved_object.ts";

/** Options for {@linkcode cityDashboard}. */
export interface CityDashboardOptions {
  readonly plan: JobPlan;
  readonly indexPlan: IndexPlan;
  readonly version: DashboardsVersion;
  /** Address of base tiles; undefined for none. */
  readonly tiles?: string | undefined;
  /** As Dashboards writes them, e.g. `"now-6h"`. */
  readonly timeFrom: string;
  readonly timeTo: string;
  readonly refreshMs: number;
}

/** The middle of New York, where the taxi job's map begins. */
const CENTER = [40.73, -73.93] as const;
const ZOOM = 11;

/** Columns of a dashboard's grid. */
const GRID_COLUMNS = 48;
const PANEL_ROWS = 20;

function spaced(name: string): string {
  const text = name.replaceAll(/[_-]+/g, " ");
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function indexPattern(id: string, title: string): SavedObject {
  return savedObject({
    id,
    type: "index-pattern",
    attributes: { title, timeFieldName: "timestamp" },
    references: [],
  });
}

/** How lines are drawn. */
function lineParams(label: string) {
  const axis = (axisId: string, type: string, position: string) => ({
    id: axisId,
    type,
    position,
    show: true,
    style: {},
    scale: { type: "linear" },
    labels: { show: true, truncate: 100 },
    title: {},
  });
  return {
    type: "line",
    grid: { categoryLines: false },
    categoryAxes: [axis("CategoryAxis-1", "category", "bottom")],
    valueAxes: [
      { ...axis("ValueAxis-1", "value", "left"), name: "LeftAxis-1" },
    ],
    seriesParams: [
      {
        show: true,
        type: "line",
        mode: "normal",
        data: { label, id: "1" },
        valueAxis: "ValueAxis-1",
        drawLinesBetweenPoints: true,
        showCircles: true,
        interpolate: "linear",
      },
    ],
    addTooltip: true,
    addLegend: true,
    legendPosition: "right",
    times: [],
    addTimeMarker: false,
  };
}

/** The mean of a measure over time, a line for each zone. */
function lineChart(
  query: QueryPlan,
  { meanField, zoneField }: { meanField: string; zoneField: string },
  { id, indexPatternId }: { id: string; indexPatternId: string },
): SavedObject {
  const title = `${spaced(meanField)} by ${spaced(zoneField).toLowerCase()}`;
  const zones =
    query.key.find(({ as }) => as === zoneField)?.type === "zone"
      ? query.key.flatMap((part) => (part.type === "zone" ? part.zones : []))
      : [];
  const aggs = [
    {
      id: "1",
      enabled: true,
      type: "avg",
      schema: "metric",
      params: { field: meanField, customLabel: spaced(meanField) },
    },
    {
      id: "2",
      enabled: true,
      type: "date_histogram",
      schema: "segment",
      params: {
        field: "timestamp",
        interval: "auto",
        drop_partials: false,
        min_doc_count: 1,
        extended_bounds: {},
      },
    },
    {
      id: "3",
      enabled: true,
      type: "terms",
      schema: "group",
      params: {
        field: zoneField,
        size: Math.max(zones.length, 1),
        order: "asc",
        orderBy: "_key",
      },
    },
  ];
  return savedObject({
    id,
    type: "visualization",
    attributes: {
      title,
      description: "",
      version: 1,
      visState: JSON.stringify({
        title,
        type: "line",
        params: lineParams(spaced(meanField)),
        aggs,
      }),
      uiStateJSON: "{}",
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({
          query: { query: `${meanField}:*`, language: "kuery" },
          filter: [],
          indexRefName: SEARCH_INDEX,
        }),
      },
    },
    references: [
      { name: SEARCH_INDEX, type: "index-pattern", id: indexPatternId },
    ],
  });
}

function panelsOf(
  query: QueryPlan,
  base: string,
  options: CityDashboardOptions,
): SavedObject[] {
  const cell = query.key.find(({ type }) => type === "geohash");
  const zone = query.key.find(({ type }) => type === "zone");
  const count = query.measures.find(({ type }) => type === "count");
  const mean = query.measures.find(({ type }) => type === "avg");
  const panels: SavedObject[] = [];
  if (cell !== undefined && count !== undefined) {
    const make = options.version === "2" ? coordinateMap : layeredMap;
    panels.push(
      make({
        id: `${base}-map`,
        title: spaced(count.as),
        indexPatternId: base,
        locationField: cell.as,
        countField: count.as,
        center: CENTER,
        zoom: ZOOM,
        tiles: options.tiles,
      }),
    );
  }
  if (zone !== undefined && mean !== undefined) {
    const fields = { meanField: mean.as, zoneField: zone.as };
    panels.push(
      lineChart(query, fields, { id: `${base}-lines`, indexPatternId: base }),
    );
  }
  return panels;
}

function dashboardOf(
  id: string,
  panels: readonly SavedObject[],
  options: CityDashboardOptions,
): SavedObject {
  const { plan, timeFrom, timeTo, refreshMs } = options;
  const panelsJSON = panels.map((_, i) => ({
    panelIndex: String(i + 1),
    gridData: {
      i: String(i + 1),
      x: 0,
      y: i * PANEL_ROWS,
      w: GRID_COLUMNS,
      h: PANEL_ROWS,
    },
    version: "2.19.4",
    embeddableConfig: {},
    panelRefName: `panel_${i}`,
  }));
  return savedObject({
    id,
    type: "dashboard",
    attributes: {
      title: spaced(plan.name),
      description: "",
      hits: 0,
      version: 1,
      optionsJSON: JSON.stringify({ useMargins: true, hidePanelTitles: false }),
      panelsJSON: JSON.stringify(panelsJSON),
      timeRestore: true,
      timeFrom,
      timeTo,
      refreshInterval: { pause: refreshMs === 0, value: refreshMs },
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({
          query: { query: "", language: "kuery" },
          filter: [],
        }),
      },
    },
    references: panels.map(({ type, id: panelId }, i) => ({
      name: `panel_${i}`,
      type,
      id: panelId,
    })),
  });
}

/**
 * The saved objects of a job's dashboard, those that are needed first.
 *
 * @throws {FlagdropError} `FD_OPTION` when the tiles can't be used.
 */
export function cityDashboard(options: CityDashboardOptions): SavedObject[] {
  const { plan, indexPlan } = options;
  const patterns: SavedObject[] = [];
  const panels: SavedObject[] = [];
  for (const query of plan.queries) {
    const base = indexPlan.baseOf(query);
    const found = panelsOf(query, base, options);
    if (found.length === 0) continue;
    patterns.push(indexPattern(base, indexPlan.searchName(query)));
    panels.push(...found);
  }
  const dashboard = dashboardOf(`flagdrop-${plan.name}`, panels, options);
  return [...patterns, ...panels, dashboard];
}

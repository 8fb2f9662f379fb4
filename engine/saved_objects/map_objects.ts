/**
 * A query's events on a map: sums by cells of a geohash grid.
 *
 * Dashboards 2.x has its coordinate map for that; the layers of the maps of
 * 3.x can do it as well, and take raster tiles by their address.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import { type SavedObject, SEARCH_INDEX, savedObject } from "./saved_object.ts";

/** What a map shows. */
export interface MapContent {
  readonly id: string;
  readonly title: string;
  readonly indexPatternId: string;
  /** The geo_point field. */
  readonly locationField: string;
  /** Its sum in a cell is what a cell shows. */
  readonly countField: string;
  /** Latitude and longitude, degrees. */
  readonly center: readonly [number, number];
  readonly zoom: number;
  /** Base tiles; undefined for none. */
  readonly tiles: string | undefined;
}

/**
 * A coordinate map. Its base layer by an address can only be a WMS.
 *
 * @throws {FlagdropError} `FD_OPTION` for tiles by `{z}`, `{x}`, `{y}`.
 */
export function coordinateMap(content: MapContent): SavedObject {
  const { id, title, indexPatternId, center, zoom, tiles } = content;
  if (tiles?.includes("{")) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot use "${tiles}" as --tiles as the coordinate map of Dashboards 2 takes a WMS only: give the address of one, or set map.tilemap.url in opensearch_dashboards.yml`,
      { domain: "user" },
    );
  }
  const params = {
    colorSchema: "Yellow to Red",
    mapType: "Shaded Geohash Grid",
    isDesaturated: true,
    addTooltip: true,
    heatClusterSize: 1.5,
    legendPosition: "bottomright",
    mapZoom: zoom,
    mapCenter: center,
    // An own server, or an empty one instead of the default on the internet.
    wms: {
      enabled: true,
      url: tiles ?? "",
      options: { format: "image/png", transparent: true },
    },
  };
  const aggs = [
    {
      id: "1",
      enabled: true,
      type: "sum",
      schema: "metric",
      params: { field: content.countField, customLabel: title },
    },
    {
      id: "2",
      enabled: true,
      type: "geohash_grid",
      schema: "segment",
      params: {
        field: content.locationField,
        autoPrecision: true,
        precision: 6,
        isFilteredByCollar: true,
        useGeocentroid: false,
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
      visState: JSON.stringify({ title, type: "tile_map", params, aggs }),
      uiStateJSON: JSON.stringify({ mapZoom: zoom, mapCenter: center }),
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({
          query: { query: `${content.countField}:*`, language: "kuery" },
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

const ZOOM_RANGE = [0, 22];

function tileLayer(url: string) {
  return {
    id: "flagdrop-tiles",
    name: "Base map",
    type: "custom_map",
    description: "",
    zoomRange: ZOOM_RANGE,
    opacity: 100,
    visibility: "visible",
    source: { url, customType: "tms", attribution: "" },
  };
}

/** A map of layers. Clusters by geohash came with Dashboards 3.0. */
export function layeredMap(content: MapContent): SavedObject {
  const { id, title, indexPatternId, center, zoom, tiles } = content;
  const cells = {
    id: "flagdrop-cells",
    name: title,
    type: "cluster",
    description: "",
    zoomRange: ZOOM_RANGE,
    opacity: 70,
    visibility: "visible",
    source: {
      indexPatternRefName: "layer_index_pattern",
      indexPatternId,
      useGeoBoundingBoxFilter: true,
      applyGlobalFilters: true,
      filters: [],
      metric: {
        agg: "sum",
        field: content.countField,
        custom_label: title,
        json: "",
      },
      cluster: {
        agg: "geohash_grid",
        field: content.locationField,
        fieldType: "geo_point",
        json: "",
        custom_label: "",
        useCentroid: false,
        precision: 6,
        changePrecision: true,
      },
    },
    style: {
      fillType: "gradient",
      palette: "reds",
      fillColor: "#d62728",
      borderColor: "#7f0000",
      borderThickness: 1,
      radiusRange: [7, 30],
    },
  };
  const layers = tiles === undefined ? [cells] : [tileLayer(tiles), cells];
  const [lat, lon] = center;
  return savedObject({
    id,
    type: "map",
    attributes: {
      title,
      description: "",
      layerList: JSON.stringify(layers),
      mapState: JSON.stringify({
        timeRange: { from: "now-1h", to: "now" },
        query: { query: "", language: "kuery" },
        refreshInterval: { pause: true, value: 12_000 },
        filters: [],
        zoom,
        center: { lat, lon },
      }),
      uiState: "{}",
      version: 1,
      kibanaSavedObjectMeta: { searchSourceJSON: "{}" },
    },
    references: [
      {
        name: "layer_index_pattern",
        type: "index-pattern",
        id: indexPatternId,
      },
    ],
  });
}

/**
 * Draws the map's layers.
 *
 * @module
 */
import type { ZoomTransform } from "d3-zoom";
import { cellEdges, type MapCell, worldPoint } from "./map_cells.ts";

/** A place with a name. */
export interface MapLabel {
  readonly text: string;
  readonly longitudeDeg: number;
  readonly latitudeDeg: number;
  readonly kind: "area" | "zone";
}

/** Colours that don't stand for figures. */
export interface MapColours {
  readonly water: string;
  readonly land: string;
  readonly shore: string;
  readonly text: string;
  readonly halo: string;
  readonly zone: string;
  readonly selected: string;
  /** How strongly tiles show, 0 to 1. */
  readonly tilesAlpha: number;
}

/** All that the map shows. */
export interface MapScene {
  /** Land on the unit square of the world. */
  readonly land: Path2D;
  /** The busiest last. */
  readonly cells: readonly MapCell[];
  readonly breaks: readonly number[];
  readonly ramp: readonly string[];
  readonly colours: MapColours;
  /** Boxes of zones: west, south, east, north in degrees. */
  readonly zones: readonly (readonly [number, number, number, number])[];
  readonly labels: readonly MapLabel[];
  readonly selected: string | undefined;
}

/** Where the canvas looks. */
export interface MapView {
  readonly transform: ZoomTransform;
  /** Device pixels in a pixel of the page. */
  readonly ratio: number;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
}

/** The world is at least so wide, in pixels, where names are shown. */
const LABEL_WORLD_WIDTH = 55_000;

type Context = CanvasRenderingContext2D;

function toWorld(context: Context, { transform, ratio }: MapView): void {
  const { k, x, y } = transform;
  context.setTransform(k * ratio, 0, 0, k * ratio, x * ratio, y * ratio);
}

/** Water and land. */
export function drawGround(
  context: Context,
  view: MapView,
  { land, colours }: MapScene,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = colours.water;
  context.fillRect(0, 0, view.width, view.height);
  toWorld(context, view);
  context.fillStyle = colours.land;
  context.fill(land, "evenodd");
}

/** Cells, with a gap between them where they are large enough. */
export function drawCells(
  context: Context,
  { transform, ratio, width, height }: MapView,
  layer: {
    readonly cells: readonly MapCell[];
    readonly colourOf: (cell: MapCell) => string;
  },
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  const scale = transform.k * ratio;
  const left = transform.x * ratio;
  const top = transform.y * ratio;
  let colour = "";
  const provisional: [number, number, number, number][] = [];
  for (const cell of layer.cells) {
    const [west, north, east, south] = cell.edges;
    // Whole device pixels: else seams show between cells.
    const x0 = Math.round(west * scale + left);
    const x1 = Math.round(east * scale + left);
    const y0 = Math.round(north * scale + top);
    const y1 = Math.round(south * scale + top);
    if (x1 < 0 || y1 < 0 || x0 > width || y0 > height) continue;
    const gap = x1 - x0 > 7 * ratio ? Math.round(ratio) : 0;
    const next = layer.colourOf(cell);
    if (next !== colour) {
      colour = next;
      context.fillStyle = next;
    }
    const w = Math.max(1, x1 - x0 - gap);
    const h = Math.max(1, y1 - y0 - gap);
    context.fillRect(x0, y0, w, h);
    if (cell.fired === 0 && w > 5 * ratio) provisional.push([x0, y0, w, h]);
  }
  if (provisional.length > 0) hatch(context, provisional, ratio);
}

/** Strokes across cells that are in open windows only. */
function hatch(
  context: Context,
  boxes: readonly (readonly [number, number, number, number])[],
  ratio: number,
): void {
  context.beginPath();
  for (const [x, y, w, h] of boxes) {
    const side = Math.min(w, h);
    context.moveTo(x, y + side);
    context.lineTo(x + side, y);
    context.moveTo(x + w - side, y + h);
    context.lineTo(x + w, y + h - side);
  }
  context.lineWidth = ratio;
  context.strokeStyle = "rgb(0 0 0 / 45%)";
  context.stroke();
}

function drawText(
  context: Context,
  {
    text,
    at,
  }: { readonly text: string; readonly at: readonly [number, number] },
  { text: colour, halo }: MapColours,
): void {
  context.lineJoin = "round";
  context.strokeStyle = halo;
  context.strokeText(text, ...at);
  context.fillStyle = colour;
  context.fillText(text, ...at);
}

/** Shores, zones, names and the selected cell, over the cells. */
export function drawMarks(
  context: Context,
  view: MapView,
  scene: MapScene,
): void {
  const { land, colours, zones, labels, selected } = scene;
  const { transform, ratio } = view;
  toWorld(context, view);
  context.lineWidth = 1 / transform.k;
  context.strokeStyle = colours.shore;
  context.stroke(land);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const onScreen = ([x, y]: readonly [number, number]): [number, number] => [
    Math.round(x * transform.k + transform.x),
    Math.round(y * transform.k + transform.y),
  ];
  context.lineWidth = 1.5;
  context.strokeStyle = colours.zone;
  context.setLineDash([5, 4]);
  for (const [west, south, east, north] of zones) {
    const [x0, y0] = onScreen(worldPoint(west, north));
    const [x1, y1] = onScreen(worldPoint(east, south));
    context.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0);
  }
  context.setLineDash([]);
  if (selected !== undefined) {
    const [west, north, east, south] = cellEdges(selected);
    const [x0, y0] = onScreen([west, north]);
    const [x1, y1] = onScreen([east, south]);
    context.lineWidth = 4;
    context.strokeStyle = colours.halo;
    context.strokeRect(x0 - 0.5, y0 - 0.5, x1 - x0, y1 - y0);
    context.lineWidth = 2;
    context.strokeStyle = colours.selected;
    context.strokeRect(x0 - 0.5, y0 - 0.5, x1 - x0, y1 - y0);
  }
  if (transform.k < LABEL_WORLD_WIDTH) return;
  context.textAlign = "center";
  for (const { text, longitudeDeg, latitudeDeg, kind } of labels) {
    const isZone = kind === "zone";
    context.font = `${isZone ? 700 : 600} ${isZone ? 12 : 13}px system-ui, sans-serif`;
    context.lineWidth = isZone ? 3 : 3.5;
    // A zone's name stands on its box, not in it.
    context.textBaseline = isZone ? "bottom" : "middle";
    const [x, y] = onScreen(worldPoint(longitudeDeg, latitudeDeg));
    const at = [x, isZone ? y - 3 : y] as const;
    drawText(context, { text, at }, colours);
  }
}

/**
 * The map: an outline of the city with coloured cells over it, on a canvas that
 * is dragged, pinched, scrolled and driven by keys.
 *
 * @module
 */
import { select } from "d3-selection";
import { type ZoomTransform, zoom, zoomIdentity, zoomTransform } from "d3-zoom";
import { cellOf, geohashOf } from "../../geo/geohash.ts";
import { type MapCell, worldPlace, worldPoint } from "./map_cells.ts";
import type { MapScene } from "./map_draw.ts";
import { MapSheet } from "./map_sheet.ts";
import { MapTiles } from "./map_tiles.ts";

/** Width of the whole world in pixels, least and most. */
const WORLD_WIDTH = { least: 700, most: 6_000_000 } as const;
/** Pixels that an arrow key moves the map. */
const KEY_PIXELS = 80;
/** Free space around what is fitted, pixels. */
const MARGIN = 24;
/** A zoom gesture that rests for so long gets a sharp picture, ms. */
const REST_MS = 90;

/** Listeners of a {@linkcode CityMap}. */
export interface MapListeners {
  /** The map was zoomed: the world is so many pixels wide now. */
  readonly onZoom: (worldWidth: number) => void;
  readonly onSelect: (cell: string) => void;
  /** The pointer is over a cell, or over none. */
  readonly onHover: (
    cell: MapCell | undefined,
    at: readonly [number, number],
  ) => void;
}

/** West, south, east, north in degrees. */
export type MapBox = readonly [number, number, number, number];

/** What the map starts with. */
export interface FirstScene extends MapScene {
  readonly home: MapBox;
  /** Address of raster tiles to lay under the cells, if any. */
  readonly tiles: string | undefined;
}

interface ZoomEvent {
  readonly transform: ZoomTransform;
  readonly sourceEvent: Event | null;
}

/** The map. */
export class CityMap {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #listeners: MapListeners;
  readonly #zoom = zoom<HTMLCanvasElement, unknown>();
  #scene: MapScene;
  #byCell = new Map<string, MapCell>();
  #precision = 6;
  #home: MapBox;
  #isDrawing = false;
  #isMoved = false;
  readonly #sheet: MapSheet;
  #rest = 0;
  /** Whether the next picture must be drawn for its own zoom. */
  #isSharp = true;
  /** Pictures drawn, for whoever measures how smooth it is. */
  drawCount = 0;

  constructor(
    canvas: HTMLCanvasElement,
    scene: FirstScene,
    listeners: MapListeners,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("This browser has no canvas");
    this.#canvas = canvas;
    this.#context = context;
    this.#listeners = listeners;
    this.#scene = scene;
    this.#home = scene.home;
    const { tiles } = scene;
    this.#sheet = new MapSheet(
      tiles === undefined
        ? undefined
        : new MapTiles(tiles, () => this.#stale()),
    );
    this.#zoom
      .scaleExtent([WORLD_WIDTH.least, WORLD_WIDTH.most])
      .clickDistance(4)
      .on("zoom", (event: ZoomEvent) => {
        // By the user's hand, after which the view is his.
        if (event.sourceEvent) this.#isMoved = true;
        listeners.onZoom(event.transform.k);
        // Stretched while the hand moves on, and sharp once it rests.
        clearTimeout(this.#rest);
        if (event.sourceEvent) {
          this.#rest = window.setTimeout(() => this.#settle(), REST_MS);
        } else this.#isSharp = true;
        this.draw();
      });
    select(canvas).call(this.#zoom).on("dblclick.zoom", null);
    this.#listen();
    new ResizeObserver(() => {
      this.#resize();
      if (!this.#isMoved && canvas.clientWidth > 0) this.fit();
    }).observe(canvas);
  }

  #listen(): void {
    const canvas = this.#canvas;
    const cellAt = (event: MouseEvent) => {
      const { k, x, y } = zoomTransform(canvas);
      const [lon, lat] = worldPlace(
        (event.offsetX - x) / k,
        (event.offsetY - y) / k,
      );
      if (Math.abs(lat) > 85 || Math.abs(lon) > 180) return undefined;
      return this.#byCell.get(geohashOf(cellOf(lat, lon, this.#precision)));
    };
    canvas.addEventListener("click", (event) => {
      const found = cellAt(event);
      if (found !== undefined) this.#listeners.onSelect(found.cell);
    });
    canvas.addEventListener("pointermove", (event) => {
      this.#listeners.onHover(cellAt(event), [event.offsetX, event.offsetY]);
    });
    canvas.addEventListener("pointerleave", () => {
      this.#listeners.onHover(undefined, [0, 0]);
    });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [KEY_PIXELS, 0],
      ArrowRight: [-KEY_PIXELS, 0],
      ArrowUp: [0, KEY_PIXELS],
      ArrowDown: [0, -KEY_PIXELS],
    };
    const move = moves[event.key];
    if (move !== undefined) this.#moveBy(move);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.5);
    else if (event.key === "-") this.zoomBy(1 / 1.5);
    else if (event.key === "0" || event.key === "Home") this.fit();
    else if (event.key === "Enter") {
      const busiest = this.#scene.cells.at(-1);
      if (busiest !== undefined) this.#listeners.onSelect(busiest.cell);
    } else return;
    event.preventDefault();
  }

  #moveBy([dx, dy]: readonly [number, number]): void {
    this.#isMoved = true;
    const { k } = zoomTransform(this.#canvas);
    this.#zoom.translateBy(select(this.#canvas), dx / k, dy / k);
  }

  /** Zooms about the middle. */
  zoomBy(factor: number): void {
    this.#isMoved = true;
    this.#zoom.scaleBy(select(this.#canvas), factor);
  }

  /** Shows the whole city. */
  fit(home: MapBox = this.#home): void {
    this.#home = home;
    this.#isMoved = false;
    const [west, south, east, north] = home;
    const [x0, y0] = worldPoint(west, north);
    const [x1, y1] = worldPoint(east, south);
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const k = Math.min(
      Math.max(50, width - 2 * MARGIN) / (x1 - x0),
      Math.max(50, height - 2 * MARGIN) / (y1 - y0),
    );
    const transform = zoomIdentity
      .translate(
        width / 2 - (k * (x0 + x1)) / 2,
        height / 2 - (k * (y0 + y1)) / 2,
      )
      .scale(k);
    this.#zoom.transform(select(this.#canvas), transform);
  }

  #resize(): void {
    const ratio = window.devicePixelRatio;
    const { clientWidth, clientHeight } = this.#canvas;
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    // Emptied by its new size: not a moment without a picture.
    this.paint();
  }

  /** Shows other cells, colours or marks. */
  update(change: Partial<MapScene>): void {
    this.#scene = { ...this.#scene, ...change };
    if (change.cells !== undefined) {
      this.#byCell = new Map(change.cells.map((one) => [one.cell, one]));
      this.#precision = change.cells[0]?.cell.length ?? this.#precision;
    }
    this.#stale();
  }

  /** What was drawn ahead is not so any more. */
  #stale(): void {
    this.#sheet.forget();
    this.draw();
  }

  #settle(): void {
    this.#isSharp = true;
    this.draw();
  }

  /** A cell that is shown. */
  cell(name: string): MapCell | undefined {
    return this.#byCell.get(name);
  }

  /** Draws with the next picture of the screen. */
  draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.paint();
    });
  }

  /** Draws at once. */
  paint(): void {
    const ratio = this.#canvas.width / Math.max(1, this.#canvas.clientWidth);
    const view = {
      transform: zoomTransform(this.#canvas),
      ratio,
      width: this.#canvas.width,
      height: this.#canvas.height,
    };
    if (view.width === 0 || view.height === 0) return;
    if (this.#sheet.mustRender(view, this.#isSharp)) {
      this.#sheet.render(view, this.#scene);
      this.#isSharp = false;
    }
    this.#sheet.show(this.#context, view, this.#scene.colours.water);
    this.drawCount++;
  }
}

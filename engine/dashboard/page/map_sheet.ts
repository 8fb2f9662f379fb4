/**
 * The map drawn ahead: a sheet larger than the view, which is laid under it and
 * moved along. While the map is dragged, a picture is one copy of pixels
 * instead of thousands of cells.
 *
 * @module
 */
import { type ZoomTransform, zoomIdentity } from "d3-zoom";
import { stepOf } from "./colour_scale.ts";
import type { MapCell } from "./map_cells.ts";
import {
  drawCells,
  drawGround,
  drawMarks,
  type MapScene,
  type MapView,
} from "./map_draw.ts";
import type { MapTiles } from "./map_tiles.ts";

/** What of the view's width and height is drawn beyond each edge. */
const MARGIN_SHARE = 0.25;

/** How the sheet was drawn. */
interface Drawn {
  readonly transform: ZoomTransform;
  readonly ratio: number;
  /** Of the view, device pixels. */
  readonly width: number;
  readonly height: number;
}

/** The sheet. */
export class MapSheet {
  readonly #canvas = document.createElement("canvas");
  readonly #context: CanvasRenderingContext2D | null;
  readonly #tiles: MapTiles | undefined;
  #drawn: Drawn | undefined;

  constructor(tiles: MapTiles | undefined) {
    this.#context = this.#canvas.getContext("2d", { alpha: false });
    this.#tiles = tiles;
  }

  /** What is on it is no longer so. */
  forget(): void {
    this.#drawn = undefined;
  }

  #margins({ width, height }: Drawn): readonly [number, number] {
    return [
      Math.round(width * MARGIN_SHARE),
      Math.round(height * MARGIN_SHARE),
    ];
  }

  /** Where the sheet lies in a view, device pixels, and how much it is scaled. */
  #place(drawn: Drawn, { transform, ratio }: MapView) {
    const [marginX, marginY] = this.#margins(drawn);
    const scale = transform.k / drawn.transform.k;
    const at = (now: number, then: number, margin: number) =>
      Math.round((now - then * scale) * ratio - margin * scale);
    return {
      scale,
      x: at(transform.x, drawn.transform.x, marginX),
      y: at(transform.y, drawn.transform.y, marginY),
    };
  }

  /**
   * Whether it must be drawn anew before it is laid under a view.
   *
   * @param isSharp Whether it may not be stretched.
   */
  mustRender(view: MapView, isSharp: boolean): boolean {
    const drawn = this.#drawn;
    if (
      drawn === undefined ||
      drawn.ratio !== view.ratio ||
      drawn.width !== view.width ||
      drawn.height !== view.height
    ) {
      return true;
    }
    const { scale, x, y } = this.#place(drawn, view);
    const { width, height } = this.#canvas;
    if (scale !== 1) return isSharp;
    return x > 0 || y > 0 || x + width < view.width || y + height < view.height;
  }

  /** Draws it for a view, and for what lies around that. */
  render(view: MapView, scene: MapScene): void {
    const context = this.#context;
    if (context === null) return;
    const { transform, ratio, width, height } = view;
    const drawn = { transform, ratio, width, height };
    const [marginX, marginY] = this.#margins(drawn);
    const { k, x, y } = transform;
    const whole: MapView = {
      transform: zoomIdentity
        .translate(x + marginX / ratio, y + marginY / ratio)
        .scale(k),
      ratio,
      width: width + 2 * marginX,
      height: height + 2 * marginY,
    };
    if (this.#canvas.width !== whole.width) this.#canvas.width = whole.width;
    if (this.#canvas.height !== whole.height) {
      this.#canvas.height = whole.height;
    }
    const { ramp, breaks, cells } = scene;
    const colourOf = ({ fired, open, shade = fired + open }: MapCell) =>
      ramp[stepOf(shade, breaks)] ?? "";
    drawGround(context, whole, scene);
    this.#tiles?.draw(context, whole, scene.colours.tilesAlpha);
    drawCells(context, whole, { cells, colourOf });
    drawMarks(context, whole, scene);
    this.#drawn = drawn;
  }

  /** Lays it under a view, stretched when that is at another zoom. */
  show(context: CanvasRenderingContext2D, view: MapView, water: string): void {
    const drawn = this.#drawn;
    if (drawn === undefined) return;
    const { scale, x, y } = this.#place(drawn, view);
    const { width, height } = this.#canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (scale === 1) {
      context.drawImage(this.#canvas, x, y);
      return;
    }
    context.fillStyle = water;
    context.fillRect(0, 0, view.width, view.height);
    context.drawImage(this.#canvas, x, y, width * scale, height * scale);
  }
}

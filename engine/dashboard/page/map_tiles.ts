/**
 * Raster tiles under the cells, for those who ask for them with `--tiles`.
 *
 * @module
 */
import type { MapView } from "./map_draw.ts";

/** Side of a tile, pixels of the page. */
const TILE_PIXELS = 256;
/** Tiles kept; a large screen shows some forty. */
const TILES_KEPT_MAX = 192;
/** Finest zoom that is asked for; most servers have no finer. */
const ZOOM_MAX = 19;
/** Tiles are dimmed by this, so that the cells stand out. */
const DIM_ALPHA = 0.75;

interface Tile {
  readonly image: HTMLImageElement;
  isThere: boolean;
}

/** Loads tiles and draws them. */
export class MapTiles {
  readonly #address: string;
  readonly #onLoad: () => void;
  readonly #tiles = new Map<string, Tile>();

  /**
   * @param address With `{z}`, `{x}` and `{y}` in it.
   * @param onLoad One more can be drawn.
   */
  constructor(address: string, onLoad: () => void) {
    this.#address = address;
    this.#onLoad = onLoad;
  }

  /** Draws what is there, and asks for what isn't. */
  draw(context: CanvasRenderingContext2D, view: MapView): void {
    const { transform, ratio, width, height } = view;
    const zoom = Math.max(
      0,
      Math.min(ZOOM_MAX, Math.round(Math.log2(transform.k / TILE_PIXELS))),
    );
    const count = 2 ** zoom;
    const side = (transform.k * ratio) / count;
    const left = transform.x * ratio;
    const top = transform.y * ratio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = DIM_ALPHA;
    const firstX = Math.max(0, Math.floor(-left / side));
    const firstY = Math.max(0, Math.floor(-top / side));
    for (let y = firstY; y < count && y * side + top < height; y++) {
      for (let x = firstX; x < count && x * side + left < width; x++) {
        const tile = this.#tile(zoom, x, y);
        if (!tile.isThere) continue;
        const x0 = Math.round(x * side + left);
        const y0 = Math.round(y * side + top);
        const x1 = Math.round((x + 1) * side + left);
        const y1 = Math.round((y + 1) * side + top);
        context.drawImage(tile.image, x0, y0, x1 - x0, y1 - y0);
      }
    }
    context.globalAlpha = 1;
  }

  #tile(zoom: number, x: number, y: number): Tile {
    const key = `${zoom}/${x}/${y}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) {
      this.#tiles.delete(key);
      this.#tiles.set(key, known);
      return known;
    }
    const tile: Tile = { image: new Image(), isThere: false };
    // Many servers want to know who asks.
    tile.image.referrerPolicy = "origin";
    tile.image.onload = () => {
      tile.isThere = true;
      this.#onLoad();
    };
    tile.image.src = this.#address
      .replaceAll("{z}", String(zoom))
      .replaceAll("{x}", String(x))
      .replaceAll("{y}", String(y));
    this.#tiles.set(key, tile);
    const [oldest = key] = this.#tiles.keys();
    if (this.#tiles.size > TILES_KEPT_MAX) this.#tiles.delete(oldest);
    return tile;
  }
}

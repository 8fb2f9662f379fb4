/**
 * Raster tiles under the cells, for those who ask for them with `--tiles`.
 *
 * @module
 */
import type { MapView } from "./map_draw.ts";

/** Side of a tile, pixels of the page. */
const TILE_PIXELS = 256;
/** Tiles kept beside those in view, for coming back to. */
const TILES_KEPT_MAX = 192;
/** Finest zoom that is asked for; most servers have no finer. */
const ZOOM_MAX = 19;
/** A tile that could not be had is asked for again after this, ms, */
const RETRY_MS = 30_000;
/** and so many times in all. */
const TRIES_MAX = 5;
/** Coarser tiles are shown until finer ones are there, up to so many zooms. */
const COARSER_MAX = 5;

interface Tile {
  readonly image: HTMLImageElement;
  isThere: boolean;
  tries: number;
  /** When it may be asked for again; none while it is under way or there. */
  retryAtMs: number;
}

/** A place in the pyramid of tiles. */
interface TilePlace {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** Device pixels: left, top, right, bottom. */
type TileBox = readonly [number, number, number, number];

function keyOf({ zoom, x, y }: TilePlace): string {
  return `${zoom}/${x}/${y}`;
}

/** Loads tiles and draws them. */
export class MapTiles {
  readonly #address: string;
  readonly #onLoad: () => void;
  /** Those that were drawn last are at the end. */
  readonly #tiles = new Map<string, Tile>();

  /**
   * @param address With `{z}`, `{x}` and `{y}` in it.
   * @param onLoad One more can be drawn.
   */
  constructor(address: string, onLoad: () => void) {
    this.#address = address;
    this.#onLoad = onLoad;
  }

  /**
   * Draws what is there, and asks for what isn't.
   *
   * @param alpha Tiles are dimmed by this, so that the cells stand out.
   */
  draw(context: CanvasRenderingContext2D, view: MapView, alpha: number): void {
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
    context.globalAlpha = alpha;
    const firstX = Math.max(0, Math.floor(-left / side));
    const firstY = Math.max(0, Math.floor(-top / side));
    let shown = 0;
    for (let y = firstY; y < count && y * side + top < height; y++) {
      for (let x = firstX; x < count && x * side + left < width; x++) {
        const x0 = Math.round(x * side + left);
        const y0 = Math.round(y * side + top);
        const x1 = Math.round((x + 1) * side + left);
        const y1 = Math.round((y + 1) * side + top);
        this.#drawTile(context, { zoom, x, y }, [x0, y0, x1, y1]);
        shown++;
      }
    }
    context.globalAlpha = 1;
    // Never what is in view, which would be asked for again at once.
    for (const key of this.#tiles.keys()) {
      if (this.#tiles.size <= shown + TILES_KEPT_MAX) break;
      this.#tiles.delete(key);
    }
  }

  /** One tile, or as much as there is of a coarser one. */
  #drawTile(
    context: CanvasRenderingContext2D,
    place: TilePlace,
    [x0, y0, x1, y1]: TileBox,
  ): void {
    const tile = this.#tile(place);
    if (tile.isThere) {
      context.drawImage(tile.image, x0, y0, x1 - x0, y1 - y0);
      return;
    }
    const { zoom, x, y } = place;
    for (let up = 1; up <= Math.min(COARSER_MAX, zoom); up++) {
      const parts = 2 ** up;
      const coarser = this.#tiles.get(
        keyOf({ zoom: zoom - up, x: x >> up, y: y >> up }),
      );
      if (coarser?.isThere !== true) continue;
      const { image } = coarser;
      const part = image.naturalWidth / parts;
      const fromX = (x % parts) * part;
      const fromY = (y % parts) * part;
      const [w, h] = [x1 - x0, y1 - y0];
      context.drawImage(image, fromX, fromY, part, part, x0, y0, w, h);
      return;
    }
  }

  #tile(place: TilePlace): Tile {
    const key = keyOf(place);
    const tile = this.#tiles.get(key) ?? this.#newTile();
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    if (tile.retryAtMs <= performance.now() && tile.tries < TRIES_MAX) {
      tile.tries++;
      tile.retryAtMs = Number.POSITIVE_INFINITY;
      tile.image.src = this.#address
        .replaceAll("{z}", String(place.zoom))
        .replaceAll("{x}", String(place.x))
        .replaceAll("{y}", String(place.y));
    }
    return tile;
  }

  #newTile(): Tile {
    const tile: Tile = {
      image: new Image(),
      isThere: false,
      tries: 0,
      retryAtMs: 0,
    };
    // Many servers want to know who asks.
    tile.image.referrerPolicy = "origin";
    tile.image.onload = () => {
      tile.isThere = true;
      this.#onLoad();
    };
    // The map shows without it.
    tile.image.onerror = () => {
      tile.retryAtMs = performance.now() + RETRY_MS;
    };
    return tile;
  }
}

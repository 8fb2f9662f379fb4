/**
 * A small server of raster tiles on loopback, made as they are asked for: grey
 * ground with a grid, and one place marked.
 *
 * @module
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32, deflateSync } from "node:zlib";
import type { Test } from "tap";

const SIDE = 256;

/** Colours, red, green, blue. */
type Rgb = readonly [number, number, number];

const GROUND: Rgb = [214, 218, 206];
const GRID: Rgb = [150, 170, 190];
/** What the marked place is painted with. */
export const MARK: Rgb = [0, 0, 255];
/** The marked square reaches so many pixels of a tile from its middle. */
const MARK_PIXELS = 5;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of pixels by their place. */
function png(colourOf: (x: number, y: number) => Rgb): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIDE, 0);
  head.writeUInt32BE(SIDE, 4);
  // Eight bits of red, green and blue.
  head.set([8, 2, 0, 0, 0], 8);
  // A row begins with its filter: none.
  const rowBytes = 1 + 3 * SIDE;
  const rows = Buffer.alloc(SIDE * rowBytes);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      rows.set(colourOf(x, y), y * rowBytes + 1 + 3 * x);
    }
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Where a place lies in the pyramid, in tiles of a zoom. */
export function tilePlace(
  [longitudeDeg, latitudeDeg]: readonly [number, number],
  zoom: number,
): readonly [x: number, y: number] {
  const latitude = (latitudeDeg * Math.PI) / 180;
  const y = 0.5 - Math.asinh(Math.tan(latitude)) / (2 * Math.PI);
  return [(longitudeDeg / 360 + 0.5) * 2 ** zoom, y * 2 ** zoom];
}

/** The server. */
export interface TileServer {
  readonly origin: string;
  /** With the place of a tile in it, as `--tiles` takes it. */
  readonly address: string;
  /** Paths that were asked for, and by whom as the browser says. */
  readonly asked: { readonly path: string; readonly referer: string }[];
  /** What it answers with; anything but 200 is without a tile. */
  status: number;
}

/** Starts one until the test is over. */
export async function startTileServer(
  t: Test,
  marked: readonly [longitudeDeg: number, latitudeDeg: number],
): Promise<TileServer> {
  const asked: TileServer["asked"] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, referer: request.headers.referer ?? "" });
    const found = /^\/(\d+)\/(\d+)\/(\d+)\.png$/.exec(path);
    if (found === null || tiles.status !== 200) {
      response.writeHead(found === null ? 404 : tiles.status).end();
      return;
    }
    const [zoom = 0, x = 0, y = 0] = found.slice(1).map(Number);
    const [markX, markY] = tilePlace(marked, zoom);
    const [atX, atY] = [(markX - x) * SIDE, (markY - y) * SIDE];
    const near = (a: number, b: number) => Math.abs(a + 0.5 - b) <= MARK_PIXELS;
    response.writeHead(200, { "content-type": "image/png" }).end(
      png((px, py) => {
        if (near(px, atX) && near(py, atY)) return MARK;
        return px % 64 === 0 || py % 64 === 0 ? GRID : GROUND;
      }),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const address = `${origin}/{z}/{x}/{y}.png`;
  const tiles: TileServer = { origin, address, asked, status: 200 };
  return tiles;
}

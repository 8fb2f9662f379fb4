/**
 * Goal: with `--tiles` the map lies on the tiles of that one server, each at
 * its place, and nothing else is asked for; without it, nothing at all. Method:
 * a tile server that marks one place. Where that must appear is computed from
 * two cells on the same picture, not from what the page knows.
 */

import ngeohash from "ngeohash";
import type { Browser, Page } from "playwright-core";
import t from "tap";
import type { Results } from "../../engine/results/results.ts";
import {
  calmStatus,
  type MadeRun,
  madeResults,
  serveMadeRun,
} from "./made_run.ts";
import {
  figureOf,
  openBrowser,
  openPage,
  picture,
  textOf,
  until,
} from "./processes.ts";
import {
  MARK,
  startTileServer,
  type TileServer,
  tilePlace,
} from "./tile_server.ts";

/** On open ground between the two cells. */
const MARKED = [-73.9, 40.71] as const;

/** A cell by a place in it, and its middle. */
function cellAt(longitudeDeg: number, latitudeDeg: number) {
  const cell = ngeohash.encode(latitudeDeg, longitudeDeg, 6);
  const { longitude, latitude } = ngeohash.decode(cell);
  return { cell, middle: [longitude, latitude] as const };
}

/** One busier than the other, so that they have colours of their own. */
const BUSY = { ...cellAt(-73.94, 40.75), count: 9_000 };
const QUIET = { ...cellAt(-73.85, 40.68), count: 8_000 };
/** Of the light theme: the highest step, the second, and the ground. */
const BUSY_COLOUR = [0x7f, 0x00, 0x26] as const;
const QUIET_COLOUR = [0xfe, 0xd9, 0x76] as const;
const LAND_COLOUR = [0xf8, 0xf9, 0xfb] as const;

let browser: Browser;
/** An empty page that looks at pictures. */
let reader: Page;
t.before(async () => {
  browser = await openBrowser();
  reader = await browser.newPage();
});
t.after(() => browser.close());

const twoCells: Results = {
  ...madeResults,
  cells: async () => ({
    cells: [BUSY.cell, QUIET.cell],
    counts: [BUSY.count, QUIET.count],
    isCut: false,
  }),
};

function newRun(results = madeResults): MadeRun {
  return { status: () => calmStatus(), results, problems: [] };
}

/** The middle of all pixels of about a colour, in a picture of the map. */
async function middlesOf(
  page: Page,
  colours: readonly (readonly [number, number, number])[],
): Promise<readonly (readonly [x: number, y: number, pixels: number])[]> {
  const shot = await page.locator("#map").screenshot();
  const found = await reader.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob("${shot.toString("base64")}"), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return ${JSON.stringify(colours)}.map(([r, g, b]) => {
      let [sumX, sumY, n] = [0, 0, 0];
      for (let i = 0; i < data.length; i += 4) {
        const off = Math.max(
          Math.abs(data[i] - r), Math.abs(data[i + 1] - g), Math.abs(data[i + 2] - b));
        if (off > 3) continue;
        n++;
        sumX += (i / 4) % image.width;
        sumY += Math.floor(i / 4 / image.width);
      }
      return [sumX / n + 0.5, sumY / n + 0.5, n];
    });
  })()`);
  return found as [number, number, number][];
}

/** Waits until some tiles were asked for, and no more are. */
async function settled({ asked }: TileServer): Promise<void> {
  let before = 0;
  await until("all tiles are there", async () => {
    const isStill = asked.length > 0 && asked.length === before;
    before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    return isStill;
  });
}

/** A tile's colour as it shows through, over some ground. */
function dimmed([...colour]: typeof MARK, ground: readonly number[]) {
  const [r = 0, g = 0, b = 0] = colour.map((value, i) =>
    Math.round(value * 0.75 + (ground[i] ?? 0) * 0.25),
  );
  return [r, g, b] as const;
}

t.test("tiles lie under the cells, at their place", async (t) => {
  const tiles = await startTileServer(t, MARKED);
  const { url } = await serveMadeRun(t, newRun(twoCells), {
    tiles: tiles.address,
    tilesAttribution: "© made for this test",
  });
  const { page, context, errors, foreign } = await openPage(browser, url, {
    colorScheme: "light",
  });
  // What lies over the map has the same colours.
  await page.evaluate(
    "document.getElementById('legend').style.visibility = 'hidden'",
  );
  const mark = dimmed(MARK, LAND_COLOUR);
  await settled(tiles);
  await page.locator("#map").focus();
  for (const zoom of [0, 2]) {
    for (let i = 0; i < zoom; i++) await page.keyboard.press("+");
    await settled(tiles);
    const [first, second, marked] = await middlesOf(page, [
      BUSY_COLOUR,
      QUIET_COLOUR,
      mark,
    ]);
    const [fromX, fromY] = tilePlace(BUSY.middle, 0);
    const [toX, toY] = tilePlace(QUIET.middle, 0);
    const [atX, atY] = tilePlace(MARKED, 0);
    const [x0 = 0, y0 = 0, cellPixels = 0] = first ?? [];
    const [x1 = 0, y1 = 0] = second ?? [];
    const x = x0 + ((atX - fromX) / (toX - fromX)) * (x1 - x0);
    const y = y0 + ((atY - fromY) / (toY - fromY)) * (y1 - y0);
    const off = Math.hypot(x - (marked?.[0] ?? 0), y - (marked?.[1] ?? 0));
    t.comment(`zoomed ${zoom}: the mark is off by ${off.toFixed(2)} pixels`);
    // Cells are drawn in whole pixels, with a gap to the right and below.
    t.ok(off < 2.5, `${off} pixels off`);
    t.ok((marked?.[2] ?? 0) > 20, "the mark is seen");
    t.ok(cellPixels > 50, "a cell's colour is not changed by a tile");
  }
  await page.evaluate(
    "document.getElementById('legend').style.visibility = ''",
  );
  await picture(page, "tiles-light");
  t.equal(await textOf(page, "tiles-source"), "© made for this test");
  t.strictSame(errors, []);
  t.strictSame(
    foreign.filter((one) => !one.startsWith(`${tiles.origin}/`)),
    [],
  );
  t.ok(tiles.asked.length > 4);
  t.strictSame(
    [...new Set(tiles.asked.map(({ referer }) => referer))],
    [`${url}/`],
    "it is told who asks, and no more",
  );
  t.equal(
    new Set(tiles.asked.map(({ path }) => path)).size,
    tiles.asked.length,
    "no tile is asked for twice",
  );
  await context.close();
  const dark = await serveMadeRun(t, newRun(), { tiles: tiles.address });
  const night = await openPage(browser, dark.url);
  await until(
    "pickups show",
    async () => (await figureOf(night.page, "events-total")) > 0,
  );
  await night.page.waitForTimeout(1_000);
  await picture(night.page, "tiles-dark");
  t.equal(
    await textOf(night.page, "tiles-source"),
    `map: ${new URL(tiles.origin).host}`,
  );
  await night.context.close();
});

t.test("that one origin is allowed, and for images alone", async (t) => {
  const tiles = await startTileServer(t, MARKED);
  const other = await startTileServer(t, MARKED);
  const { url } = await serveMadeRun(t, newRun(), { tiles: tiles.address });
  const policy = (await fetch(url)).headers.get("content-security-policy");
  t.match(policy, `; img-src 'self' ${tiles.origin};`);
  t.equal(policy?.split("http://").length, 2, "no other origin is in it");
  const { page, context } = await openPage(browser, url);
  await until("tiles are asked for", async () => tiles.asked.length > 0);
  const probes = await page.evaluate(`(async () => {
    const image = (src) => new Promise((resolve) => {
      const one = new Image();
      one.onload = () => resolve("shown");
      one.onerror = () => resolve("refused");
      one.src = src;
    });
    const asked = (src) => fetch(src, { mode: "no-cors" }).then(() => "answered", () => "refused");
    return [
      await image("${tiles.origin}/1/0/0.png"),
      await image("${other.origin}/1/0/0.png"),
      await asked("${tiles.origin}/probe"),
      await asked("${other.origin}/probe"),
    ];
  })()`);
  t.strictSame(probes, ["shown", "refused", "refused", "refused"]);
  t.strictSame(other.asked, []);
  t.notOk(tiles.asked.some(({ path }) => path === "/probe"));
  await context.close();
});

t.test("without the option nothing leaves the host", async (t) => {
  const tiles = await startTileServer(t, MARKED);
  const { url } = await serveMadeRun(t, newRun());
  const policy = (await fetch(url)).headers.get("content-security-policy");
  t.notMatch(policy, /http/);
  const { page, context, errors, foreign } = await openPage(browser, url);
  await until(
    "pickups show",
    async () => (await figureOf(page, "events-total")) > 0,
  );
  await page.locator("#map").focus();
  for (const key of ["+", "ArrowLeft", "-", "0"])
    await page.keyboard.press(key);
  await page.waitForTimeout(500);
  t.notOk(await page.locator("#tiles-source").isVisible());
  t.strictSame(foreign, []);
  t.strictSame(errors, []);
  t.strictSame(tiles.asked, []);
  await context.close();
});

t.test(
  "tiles that fail disturb nothing, and are tried again later",
  async (t) => {
    const tiles = await startTileServer(t, MARKED);
    tiles.status = 503;
    const { url } = await serveMadeRun(t, newRun(twoCells), {
      tiles: tiles.address,
    });
    const { page, context, errors } = await openPage(browser, url, {
      colorScheme: "light",
    });
    await until(
      "pickups show",
      async () => (await figureOf(page, "events-total")) === 17_000,
    );
    await page.waitForTimeout(2_000);
    const asked = tiles.asked.length;
    t.ok(asked > 0);
    t.equal(
      new Set(tiles.asked.map(({ path }) => path)).size,
      asked,
      "asked once",
    );
    t.equal(await textOf(page, "connection"), "live");
    t.notOk(await page.locator("#problem").isVisible());
    t.strictSame(errors, []);
    await context.close();

    const later = await browser.newContext({ colorScheme: "light" });
    const patient = await later.newPage();
    await patient.clock.install();
    await patient.goto(url);
    await patient.clock.runFor(3_000);
    await until("they have failed", async () => tiles.asked.length > asked);
    const before = tiles.asked.length;
    tiles.status = 200;
    await patient.clock.runFor(31_000);
    await patient.locator("#theme").click();
    await patient.clock.runFor(1_000);
    await until("they are asked for again", async () => {
      await patient.clock.runFor(100);
      return tiles.asked.length > before;
    });
    await later.close();
  },
);

// The browser keeps the process going: it would never end by itself.
t.end();

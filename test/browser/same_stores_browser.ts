/**
 * Goal: whoever looks at a page can't tell whether its documents lie in the
 * embedded store or in OpenSearch: the same windows are written to both, a page
 * is served over each, and whatever one draws the other must draw. Starts a
 * real node (see `test/real_opensearch`), so it is a suite of its own.
 */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import t from "tap";
import { cellOf, geohashOf } from "../../engine/geo/geohash.ts";
import { DuckdbSink } from "../../engine/sink/duckdb_sink.ts";
import { OpensearchSink } from "../../engine/sink/opensearch/opensearch_sink.ts";
import { fired, TAXI, type WindowSpec } from "../engine/sink/windows.ts";
import { opensearchSettings } from "../helpers/opensearch_settings.ts";
import { OpensearchNode } from "../real_opensearch/opensearch_node.ts";
import {
  figureOf,
  openBrowser,
  openPage,
  picture,
  run,
  textOf,
  until,
} from "./processes.ts";

t.setTimeout(600_000);

const PREFIX = "seen";
const WINDOW_MS = 600_000;
const START_MS = Date.UTC(2016, 0, 4);
const WINDOWS = 200;

/** Cells of midtown and around, some 150. */
const CELLS = [
  ...new Set(
    Array.from({ length: 400 }, (_, i) => {
      const [far, angle] = [Math.sqrt(i / 400), i * 2.399963];
      const lat = 40.755 + 0.06 * far * Math.sin(angle);
      return geohashOf(cellOf(lat, -73.965 + 0.06 * far * Math.cos(angle), 6));
    }),
  ),
];

/** The count of a cell in a window, as if at random; 0 or 1 is no document. */
function countOf(window: number, cell: number): number {
  const mixed = Math.imul(window * 7_919 + cell * 104_729 + 1, 2_654_435_761);
  return Math.floor(((mixed >>> 8) % 97) / (1 + cell / 20));
}

const PICKUPS: readonly WindowSpec[] = Array.from(
  { length: WINDOWS },
  (_, window) => ({
    queryIndex: 0,
    windowStartMs: START_MS + window * WINDOW_MS,
    rows: CELLS.map((cell, i) => ({
      key: [cell],
      count: countOf(window, i),
      accumulators: [],
    })).filter(({ count }) => count >= 2),
  }),
);
const TRIPS: readonly WindowSpec[] = PICKUPS.map(({ windowStartMs, rows }) => ({
  queryIndex: 1,
  windowStartMs,
  rows: rows.slice(0, 25).flatMap(({ key: [cell = ""], count }, i) =>
    ["JFK", "LGA"].map((zone, z) => ({
      key: [cell, zone],
      count: 2 + (count % 5) + z,
      accumulators: [(20 + i + 17 * z) * (2 + (count % 5) + z)],
    })),
  ),
}));

/** Events of all windows of a range of their numbers. */
function eventsOf(from: number, to: number): number {
  return PICKUPS.slice(from, to)
    .flatMap(({ rows }) => rows)
    .reduce((sum, { count }) => sum + count, 0);
}

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

/** Whatever a page draws in figures. */
async function drawn(page: Page): Promise<Record<string, unknown>> {
  const texts: Record<string, unknown> = {};
  for (const id of [
    "range-text",
    "events-total",
    "cells-total",
    "zone-tiles",
  ]) {
    texts[id] = await textOf(page, id);
  }
  texts["top-cells"] = await page.locator("#top-cells li").allTextContents();
  texts["legend"] = await page.locator("#legend-steps li").allTextContents();
  for (const id of ["events-chart", "routes-chart"]) {
    texts[id] = await readings(page, id);
  }
  return texts;
}

/** What a chart says under the pointer, from its left to its right. */
async function readings(page: Page, id: string): Promise<readonly string[]> {
  const over = page.locator(`#${id} .u-over`);
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  if (box === null) throw new Error(`${id} is not seen`);
  const said: string[] = [];
  for (let part = 0; part <= 12; part++) {
    const x = box.x + 1 + ((box.width - 2) * part) / 12;
    await page.mouse.move(x, box.y + box.height / 2);
    await page.evaluate("new Promise(requestAnimationFrame)");
    said.push((await page.locator(`#${id} .u-legend`).textContent()) ?? "");
  }
  return said;
}

/** What the card of the busiest cell says. */
async function cardOf(page: Page): Promise<Record<string, unknown>> {
  await page.locator("#top-cells button").first().click();
  await until("its minutes show", async () =>
    /JFK.*LGA/.test(await textOf(page, "cell-zones")),
  );
  const card = {
    name: await textOf(page, "cell-name"),
    place: await textOf(page, "cell-place"),
    events: await textOf(page, "cell-events"),
    zones: await textOf(page, "cell-zones"),
    history: await readings(page, "cell-chart"),
  };
  await page.locator("#cell-close").click();
  return card;
}

t.test("a page over OpenSearch draws what one over a file draws", async (t) => {
  const node = await OpensearchNode.create(t);
  await node.start();
  const file = join(t.testdir(), "seen.duckdb");
  const settings = opensearchSettings([node.url], { indexPrefix: PREFIX });
  const windows = [...PICKUPS, ...TRIPS].map((spec) => fired(TAXI, spec));
  for (const sink of [
    new DuckdbSink({ file, plan: TAXI }),
    new OpensearchSink({ plan: TAXI, settings }),
  ]) {
    await sink.open();
    await sink.write(windows);
    await sink.close();
  }
  await node.call("POST", `/${PREFIX}-*/_refresh`);
  const open = async (store: string, ...more: readonly string[]) => {
    const dashboard = run(t, [
      ...["dashboard", "--store", store, "--status-port", "0", ...more],
    ]);
    const [, url = ""] = await dashboard.says(/page is at (http:\S+)/);
    return await openPage(browser, url, { colorScheme: "light" });
  };
  const overFile = await open(file);
  const overCluster = await open(
    `opensearch:${node.url}`,
    ...["--opensearch-auth", "none", "--opensearch-index", PREFIX],
  );
  const both = [overFile, overCluster] as const;
  const same = async (
    what: string,
    events: number,
    act: (page: Page) => Promise<void>,
  ) => {
    for (const { page } of both) {
      await act(page);
      await until(
        `${what}: the events show`,
        async () => (await figureOf(page, "events-total")) === events,
      );
    }
    const [expected, found] = [
      await drawn(overFile.page),
      await drawn(overCluster.page),
    ];
    t.strictSame(found, expected, what);
    return expected;
  };
  const press = (id: string, nth: number) => async (page: Page) =>
    page.locator(`#${id} button`).nth(nth).click();

  const hour = await same("the last hour", eventsOf(194, 200), async () => {});
  t.equal((hour["top-cells"] as string[]).length, 8);
  t.match(hour["events-chart"], [/pickups\d/], "the chart says figures");
  t.match(hour["routes-chart"], [/JFK\d+\.\d min.*LGA\d+\.\d min/]);
  t.strictSame(await cardOf(overCluster.page), await cardOf(overFile.page));
  await picture(overCluster.page, "store-opensearch");
  await same("ten minutes", eventsOf(199, 200), press("spans", 0));
  await same("a day", eventsOf(56, 200), press("spans", 3));
  t.strictSame(await cardOf(overCluster.page), await cardOf(overFile.page));
  await same("six hours", eventsOf(164, 200), press("spans", 2));
  await same("six hours before", eventsOf(128, 164), async (page) =>
    page.locator("#back").click(),
  );
  await same("larger cells", eventsOf(128, 164), async (page) => {
    await page.locator("#map").focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press("-");
    await until("they are", async () => {
      const first = page.locator(".top-name").first();
      return (await first.textContent())?.length === 5;
    });
  });
  for (const { errors, foreign, context } of both) {
    t.strictSame(errors, []);
    t.strictSame(foreign, []);
    await context.close();
  }
});

// The browser keeps the process going: it would never end by itself.
t.end();

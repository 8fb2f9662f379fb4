/**
 * Goal: what people look for on the page they find, by mouse and by keyboard: a
 * cell, any time, what was left aside, what was asked for; and it is told twice
 * a second. Method: a made-up run, whose figures are known.
 */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import t from "tap";
import { DeadLetterFile } from "../../engine/sink/dead_letters.ts";
import { calmStatus, KEPT, madeResults, serveMadeRun } from "./made_run.ts";
import {
  figureOf,
  openBrowser,
  openPage,
  picture,
  textOf,
  until,
} from "./processes.ts";

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

function newRun() {
  return { status: () => calmStatus(), results: madeResults, problems: [] };
}

async function openCity(url: string) {
  const opened = await openPage(browser, url, { colorScheme: "light" });
  await until(
    "pickups show",
    async () => (await figureOf(opened.page, "events-total")) > 0,
  );
  return opened;
}

async function cardShows(page: Page, cell: RegExp): Promise<void> {
  await until("the card shows", async () =>
    cell.test(await textOf(page, "cell-name")),
  );
  await until("with minutes to both airports", async () =>
    /JFK[\d.]+ min.*LGA[\d.]+ min/.test(await textOf(page, "cell-zones")),
  );
}

t.test("a cell is found by mouse and by keyboard", async (t) => {
  const { url } = await serveMadeRun(t, newRun());
  const { page, context, errors } = await openCity(url);
  const box = await page.locator("#map").boundingBox();
  if (box === null) throw new Error("no map");
  const at = [box.x + box.width * 0.41, box.y + box.height * 0.45] as const;
  await page.mouse.move(...at);
  await until("its figure is told", async () =>
    /^dr5\w{3} · \d+ pickups$/.test(await textOf(page, "tip")),
  );
  const [cell = "", , count = ""] = (await textOf(page, "tip")).split(" ");
  await page.mouse.click(...at);
  await cardShows(page, new RegExp(`^${cell}$`));
  t.equal(await textOf(page, "cell-events"), count);
  await page.keyboard.press("Escape");
  t.notOk(await page.locator("#cell-card").isVisible());
  await page.locator("#map").focus();
  await page.keyboard.press("Enter");
  const busiest = await page.locator(".top-name").first().textContent();
  await cardShows(page, new RegExp(`^${busiest}$`));
  t.strictSame(errors, []);
  await context.close();
});

t.test("any time is found, and played from", async (t) => {
  const { url } = await serveMadeRun(t, newRun());
  const { page, context, errors } = await openCity(url);
  await page.locator("#range summary").click();
  await page.locator("#range-from").fill("2016-01-02T10:00");
  await page.locator("#range-to").fill("2016-01-02T09:00");
  await page.locator("#range-form button").click();
  t.equal(
    await textOf(page, "mode"),
    "live",
    "an end before its start is none",
  );
  t.equal(
    await page.evaluate(
      "document.getElementById('range-to').validationMessage",
    ),
    "This must be later",
  );
  await page.locator("#range-to").fill("2016-01-02T12:30");
  await page.locator("#range-form button").click();
  const isShown = async (text: string) =>
    until(
      `${text} shows`,
      async () => (await textOf(page, "range-text")) === text,
    );
  await isShown("Sat, 2 Jan 2016 10:00 – 12:30");
  t.equal(await textOf(page, "mode"), "paused");
  t.notOk(await page.locator("#range-form").isVisible());
  await page.locator("#on").click();
  await isShown("Sat, 2 Jan 2016 12:30 – 15:00");
  await page.locator("#slider").focus();
  await page.keyboard.press("ArrowLeft");
  await isShown("Sat, 2 Jan 2016 12:20 – 14:50");
  await page.locator("#play").click();
  await until(
    "it plays up to the end, and is live",
    async () => (await textOf(page, "mode")) === "live",
  );
  t.strictSame(errors, []);
  await context.close();
});

t.test("what was left aside is shown as it came, and no secret", async (t) => {
  const deadLettersPath = join(t.testdir(), "dead.ndjson");
  const hostile = '{"type":"trip","pickup_lat":"<img src=x onerror=alert(1)>"}';
  const letters = await DeadLetterFile.open(deadLettersPath);
  await letters.write([
    {
      shardId: "shardId-000000000001",
      sequenceNumber: "4951",
      subSequenceNumber: 0,
      reason: "undecodable",
      bytes: Buffer.from(hostile),
    },
  ]);
  await letters.close();
  const atMs = new Date(2026, 0, 5, 12, 0, 7).getTime();
  const problem = { atMs, level: "warn" as const, text: "A shard was slow" };
  const { url } = await serveMadeRun(
    t,
    { ...newRun(), problems: [problem] },
    { deadLettersPath, config: { statusPort: 0, token: "never-to-be-seen" } },
  );
  const { page, context, errors } = await openPage(browser, `${url}#job`, {
    colorScheme: "light",
  });
  await until("the record is there", async () =>
    (await textOf(page, "letters")).includes(hostile),
  );
  t.match(
    await textOf(page, "letters"),
    /undecodable.*shardId-000000000001.*\d B/,
  );
  t.equal(await page.locator("#letters img").count(), 0);
  t.match(await textOf(page, "problems"), /12:00:07\s*warn\s*A shard was slow/);
  t.match(await textOf(page, "options"), /--status-port0/);
  t.match(await textOf(page, "options"), /--token•+/);
  t.notMatch(await page.content(), /never-to-be-seen/);
  t.match(
    await textOf(page, "facts"),
    /Written early900 documents, every 10 s/,
  );
  t.match(await textOf(page, "delays"), /coordinator's event loop1\.0 ms/);
  t.equal(await page.locator("#delay-bars li").count(), 2);
  await page.locator("#letters").scrollIntoViewIfNeeded();
  await picture(page, "job-letters");
  t.strictSame(errors, []);
  await context.close();
});

t.test("changes come at least twice a second, and only they", async (t) => {
  let frame = 0;
  const run = newRun();
  run.status = () => calmStatus({ nowMs: 1e12 + frame++, bytes: frame });
  const { url } = await serveMadeRun(t, run);
  const { page, context } = await openCity(url);
  const sizes = (await page.evaluate(`new Promise((resolve) => {
    const sizes = [];
    const source = new EventSource("/api/live?windows=6&precision=6");
    source.onmessage = ({ data }) => sizes.push(data.length);
    setTimeout(() => { source.close(); resolve(sizes); }, 5000);
  })`)) as number[];
  const [first = 0, ...others] = sizes;
  t.comment(
    `${sizes.length} messages in 5 s; the first ${first} characters, then ${Math.max(...others)} at most`,
  );
  t.ok(others.length >= 9);
  t.ok(Math.max(...others) < first / 20);
  await context.close();
});

t.test("times before all that is kept are empty, and say so", async (t) => {
  const run = newRun();
  run.results = {
    ...madeResults,
    cells: async (request) =>
      request.range.toMs > KEPT.fromMs
        ? await madeResults.cells(request)
        : { cells: [], counts: [], isCut: false },
  };
  const { url } = await serveMadeRun(t, run);
  const { page, context, errors } = await openCity(url);
  await page.locator("#range summary").click();
  await page.locator("#range-from").fill("2015-06-01T10:00");
  await page.locator("#range-to").fill("2015-06-01T11:00");
  await page.locator("#range-form button").click();
  await until("it says that there is nothing", async () =>
    /Nothing happened at this time/.test(await textOf(page, "map-empty-text")),
  );
  await picture(page, "city-nothing");
  await page.locator("#live").click();
  await until(
    "and is full again",
    async () => (await figureOf(page, "events-total")) > 0,
  );
  t.notOk(await page.locator("#map-empty").isVisible());
  t.strictSame(errors, []);
  await context.close();
});

// The browser keeps the process going: it would never end by itself.
t.end();

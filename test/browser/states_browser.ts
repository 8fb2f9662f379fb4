/**
 * Goal: whatever state a run is in, its page says which, fits a phone, and is
 * no mystery. Method: a made-up run is put into each state, seen by a dark, a
 * light and a narrow page at once; pictures are kept.
 */
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import type { EngineStatus } from "../../engine/status/status.ts";
import {
  calmStatus,
  KEPT,
  type MadeRun,
  madeResults,
  serveMadeRun,
  WINDOW_MS,
} from "./made_run.ts";
import {
  openBrowser,
  openPage,
  picture,
  textOf,
  until,
  type WatchedPage,
} from "./processes.ts";

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

/** The same page on three screens. */
async function openScreens(
  url: string,
): Promise<ReadonlyMap<string, WatchedPage>> {
  return new Map([
    ["dark", await openPage(browser, url)],
    ["light", await openPage(browser, url, { colorScheme: "light" })],
    ["phone", await openPage(browser, url, PHONE)],
  ]);
}

async function look(
  t: Test,
  screens: ReadonlyMap<string, WatchedPage>,
  state: {
    readonly name: string;
    readonly view: "city" | "job";
    readonly says: (page: Page) => Promise<boolean>;
  },
): Promise<void> {
  const { name, view, says } = state;
  for (const [screen, { page }] of screens) {
    await page.evaluate(`location.hash = "#${view}"`);
    await until(`${name} on ${screen}`, () => says(page));
    await page.evaluate("new Promise(requestAnimationFrame)");
    if (screen === "phone") {
      const wide = await page.evaluate(
        `Math.max(...["html", "#view-job"].map((one) => document.querySelector(one).scrollWidth))`,
      );
      t.equal(wide, 390, `${name}: nothing sticks out`);
    }
    await picture(page, `state-${name}-${view}-${screen}`);
  }
}

async function noErrors(
  t: Test,
  screens: ReadonlyMap<string, WatchedPage>,
): Promise<void> {
  for (const [screen, { context, errors, foreign }] of screens) {
    t.strictSame(errors, [], screen);
    t.strictSame(foreign, [], screen);
    await context.close();
  }
}

const limitSays = (text: RegExp) => async (page: Page) =>
  text.test(await textOf(page, "limit-text"));
const says = (id: string, text: RegExp) => async (page: Page) =>
  (await page.locator(`#${id}`).isVisible()) &&
  text.test(await textOf(page, id));

function newRun(): MadeRun {
  return { status: () => calmStatus(), results: madeResults, problems: [] };
}

const [FIRST_SHARD, SECOND_SHARD] = calmStatus().shards;
const [SINK] = calmStatus().sinks;
const CORRECTIONS = [1, 2, 40, 100].map((windows) => ({
  query: "pickup_count",
  timestampMs: KEPT.toMs - windows * WINDOW_MS - 1,
  times: windows,
  documents: 3 * windows,
  lastAtMs: 0,
}));

/** States of the job, and what the page must say of each. */
const JOB_STATES: readonly {
  readonly name: string;
  readonly status: Partial<EngineStatus>;
  readonly text: RegExp;
}[] = [
  { name: "calm", status: {}, text: /Nothing holds the run back/ },
  {
    name: "sink-trouble",
    status: {
      sinks: [
        {
          ...SINK!,
          name: "opensearch:https://search.example:9200",
          pendingDocuments: 12_345,
          retries: 12,
          refused: 3,
          trouble:
            "index [taxi-dashboard-pickup_count] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block]: this does not clear by itself: free disk space, then lift the block or open the index",
        },
      ],
    },
    text: /sink opensearch\S+ is the limit, 12,345 documents wait: index .* blocked/,
  },
  {
    name: "crash-loop",
    status: {
      workers: calmStatus().workers.map((one) =>
        one.worker === 1
          ? { ...one, state: "restarting", restarts: 4, epoch: 5 }
          : one,
      ),
    },
    text: /Worker 1 was lost and starts again \(4 times so far\)/,
  },
  {
    name: "held-back",
    status: {
      watermarkMs: KEPT.toMs - 20 * WINDOW_MS,
      watermarkHeldBy: "shardId-000000000001",
      watermarkHeldSinceMs: calmStatus().nowMs - 95_000,
      shards: [
        FIRST_SHARD!,
        { ...SECOND_SHARD!, watermarkMs: KEPT.toMs - 20 * WINDOW_MS },
      ],
    },
    text: /held back by shardId-000000000001/,
  },
  {
    name: "failed",
    status: {
      state: "failed",
      error: "FD_SINK: Cannot write to file:/out.ndjson as the disk is full",
    },
    text: /has failed: FD_SINK.*disk is full/,
  },
];

t.test("each state of the job is told in one sentence", async (t) => {
  const run = newRun();
  const { url } = await serveMadeRun(t, run);
  const screens = await openScreens(url);
  for (const { name, status, text } of JOB_STATES) {
    run.problems = [
      { atMs: 1e12, level: "error", text: `As in the state ${name}` },
    ];
    run.status = () => calmStatus(status);
    await look(t, screens, { name, view: "job", says: limitSays(text) });
    const { page } = screens.get("light")!;
    if (name !== "sink-trouble") continue;
    for (const [screen, { page }] of screens) {
      await page.locator("#sinks").scrollIntoViewIfNeeded();
      await picture(page, `state-${name}-table-${screen}`);
    }
    t.match(await textOf(page, "sinks"), /12\D*3\D*index \[taxi/);
    t.equal(
      await page.locator('[data-place="sinks"]').getAttribute("data-tone"),
      "bad",
    );
    const { violations } = await new AxeBuilder({ page }).analyze();
    t.strictSame(
      violations.filter(({ impact }) => impact === "serious"),
      [],
    );
  }
  await noErrors(t, screens);
});

t.test("the city says what is not there, and what was corrected", async (t) => {
  const run = newRun();
  run.results = { ...madeResults, extent: async () => undefined };
  const nothing = { watermarkMs: null, windowsFired: 0 };
  run.status = () => calmStatus(nothing);
  const { url } = await serveMadeRun(t, run);
  const screens = await openScreens(url);
  await look(t, screens, {
    name: "empty",
    view: "city",
    says: says("map-empty-text", /Waiting for the first window/),
  });
  run.results = madeResults;
  run.status = () =>
    calmStatus({
      windowsCorrected: 143,
      corrections: CORRECTIONS,
      // The store is read again when something was written.
      sinks: [{ ...SINK!, documents: 1 }],
    });
  await look(t, screens, {
    name: "corrected",
    view: "city",
    says: says("corrected", /^2 windows shown were corrected by late events/),
  });
  const { page } = screens.get("dark")!;
  t.match(
    await page.locator("#slider").getAttribute("aria-valuetext"),
    /2 windows shown were corrected/,
  );
  await page.locator("#back").click();
  await until(
    "none there",
    async () => !(await page.locator("#corrected").isVisible()),
  );
  await page.locator("#live").click();
  run.results = {
    ...madeResults,
    extent: async () => {
      throw new Error('Cannot read store "x.duckdb": the file is damaged');
    },
  };
  run.status = () => calmStatus({ sinks: [{ ...SINK!, documents: 2 }] });
  await look(t, screens, {
    name: "unreadable",
    view: "city",
    says: says("problem", /file is damaged/),
  });
  await noErrors(t, screens);
});

t.test("an engine that is gone is said to be", async (t) => {
  const run = newRun();
  const { url, close } = await serveMadeRun(t, run);
  const screens = await openScreens(url);
  await look(t, screens, {
    name: "live",
    view: "city",
    says: says("events-total", /\d{3}/),
  });
  await close();
  const isStale = says("connection", /stale since \d.*reconnecting/);
  await look(t, screens, { name: "stale", view: "city", says: isStale });
  await look(t, screens, {
    name: "stale",
    view: "job",
    says: limitSays(/has not been heard of since/),
  });
  await noErrors(t, screens);
});

t.test("a run that keeps nothing, and a store without a run", async (t) => {
  const nothing = await serveMadeRun(t, newRun(), { keepsNothing: true });
  const first = await openScreens(nothing.url);
  await look(t, first, {
    name: "keeps-nothing",
    view: "city",
    says: says("map-empty-text", /keeps no results.*--sink/),
  });
  await noErrors(t, first);
  const store = await serveMadeRun(t, newRun(), { isStoreOnly: true });
  const second = await openScreens(store.url);
  await look(t, second, {
    name: "store-only",
    view: "city",
    says: says("events-total", /\d{3}/),
  });
  await look(t, second, {
    name: "store-only",
    view: "job",
    says: says("job-none", /No engine runs here/),
  });
  await noErrors(t, second);
});

t.test("a page without the token asks for it", async (t) => {
  const token = "a-token-of-sixteen-characters";
  const { url } = await serveMadeRun(t, newRun(), { token });
  const screens = await openScreens(url);
  await look(t, screens, {
    name: "signed-out",
    view: "city",
    says: says("sign-in", /asks for a token/),
  });
  await noErrors(t, screens);
});

// The browser keeps the process going: it would never end by itself.
t.end();

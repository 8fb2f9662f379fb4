/**
 * Goal: the page's figures are those of the status and of the store, a token
 * keeps others out, and a page that is open survives its engine's death.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Browser } from "playwright-core";
import t from "tap";
import {
  figureOf,
  openBrowser,
  openPage,
  run,
  textOf,
  until,
} from "./processes.ts";

const TOKEN = "a-token-for-this-test";
const EVENTS = 20_000;
const AWS = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
};
const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("port");
  return address.port;
}

/** What the store holds, asked by itself. */
async function storedPickups(
  file: string,
  [fromMs, toMs]: readonly [number, number],
  further = "",
): Promise<number> {
  const instance = await DuckDBInstance.create(file, {
    access_mode: "READ_ONLY",
  });
  const connection = await instance.connect();
  try {
    const answer = await connection.runAndReadAll(
      `SELECT sum(pickup_count)::DOUBLE FROM pickup_count
       WHERE timestamp >= ${fromMs} AND timestamp < ${toMs} ${further}`,
    );
    return Number(answer.getRows()[0]?.[0]);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

t.test("figures are right, before and after the engine's death", async (t) => {
  const folder = t.testdir();
  const store = join(folder, "store.duckdb");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const kinesis = run(t, [
    ...["kinesis", "--port", "0", "--stream", "taxi"],
    ...["--shards", "2", "--no-limits"],
  ]);
  const [endpoint = ""] = await kinesis.says(/http:\/\/127\.0\.0\.1:\d+/);
  const replay = run(
    t,
    [
      ...["replay", "--stream", "taxi", "--endpoint", endpoint],
      ...["--source", "generator", "--speedup", "max", "--no-pacing"],
      ...["--limit", String(EVENTS)],
    ],
    AWS,
  );
  await replay.ended();
  const startEngine = () =>
    run(
      t,
      [
        ...["run", "--stream", "taxi", "--endpoint", endpoint],
        ...["--from", "earliest", "--workers", "1"],
        ...["--sink", `duckdb:${store}`, "--status-port", String(port)],
        ...["--checkpoint", join(folder, "checkpoints")],
        ...["--checkpoint-interval", "500ms"],
        ...["--dead-letters", join(folder, "dead.ndjson")],
      ],
      { ...AWS, FLAGDROP_TOKEN: TOKEN },
    );
  const engine = startEngine();
  await engine.says(/live page/);

  await t.test("nothing is told without the token", async (t) => {
    for (const path of [
      "/api/status",
      "/metrics",
      "/api/job",
      "/api/results",
    ]) {
      t.equal((await fetch(`${url}${path}`)).status, 401, path);
    }
    const stop = { method: "POST", body: "{}" };
    t.equal((await fetch(`${url}/api/stop`, stop)).status, 401);
    t.notMatch(engine.output, TOKEN);
  });

  const { page, errors, foreign } = await openPage(browser, url);
  await t.test("the page asks for it", async (t) => {
    await page.locator("#token").fill("another-token-than-it");
    await page.locator("#sign-in-form button").click();
    await until("it is refused", async () =>
      /not the token/.test(await textOf(page, "sign-in-error")),
    );
    await page.locator("#token").fill(TOKEN);
    await page.locator("#sign-in-form button").click();
    await until(
      "it is live",
      async () => (await textOf(page, "connection")) === "live",
    );
    t.notMatch(page.url(), TOKEN);
  });

  const readTotal = async () => {
    const answer = await fetch(`${url}/api/status`, { headers: AUTHORIZATION });
    const { counts, sinks, documentsFired } = (await answer.json()) as {
      counts: { read: number };
      documentsFired: number;
      sinks: { pendingDocuments: number }[];
    };
    return {
      read: counts.read,
      pending: sinks[0]?.pendingDocuments ?? 0,
      documentsFired,
    };
  };
  let range: [number, number] = [0, 0];
  let shown = 0;
  await t.test("figures equal the status and the results", async (t) => {
    await page.locator("#spans button").last().click();
    let before = 0;
    await until("all is read, fired and written", async () => {
      const { read, pending, documentsFired } = await readTotal();
      const isStill = documentsFired === before && before > 0;
      before = documentsFired;
      // The watermark that fires the last windows follows the last event.
      await page.waitForTimeout(1_500);
      return read >= EVENTS && pending === 0 && isStill;
    });
    const { read } = await readTotal();
    await until(
      "the page has read as much",
      async () => (await figureOf(page, "read-total")) === read,
    );
    const slider = page.locator("#slider");
    const toMs = Number(await slider.inputValue());
    range = [toMs - 144 * 600_000, toMs];
    const answer = await fetch(
      `${url}/api/results/series?query=pickup_count&from=${range[0]}&to=${range[1]}&step=86400000`,
      { headers: AUTHORIZATION },
    );
    const { lines } = (await answer.json()) as {
      lines: { counts: number[] }[];
    };
    const total = lines[0]?.counts.reduce((a, b) => a + b, 0);
    t.ok((total ?? 0) > 1_000);
    await until(
      "the page shows the same",
      async () => (await figureOf(page, "events-total")) === total,
    );
    shown = total ?? 0;
  });

  await t.test(
    "killed and started again, the page goes on by itself",
    async (t) => {
      await engine.end("SIGKILL");
      await until("it says that it is stale", async () =>
        /stale/.test(await textOf(page, "connection")),
      );
      t.equal(await storedPickups(store, range), shown, "the store has it all");
      const again = startEngine();
      await again.says(/live page/);
      await until(
        "it is live again",
        async () => (await textOf(page, "connection")) === "live",
      );
      await until(
        "with the same figures",
        async () => (await figureOf(page, "events-total")) === shown,
      );
      await until("and the same status", async () => {
        const { read } = await readTotal();
        return read >= EVENTS && (await figureOf(page, "read-total")) === read;
      });
      const other = run(t, ["dashboard", "--store", store]);
      const [, named] = await other.says(/page is at (http:\S+)/);
      t.equal(
        named,
        `${url}/`,
        "who wants the store is shown its owner's page",
      );
      await other.ended();
      await again.end();
      t.equal(again.child.exitCode, 0);
    },
  );

  await t.test("the store alone shows the same", async (t) => {
    const dashboard = run(t, [
      ...["dashboard", "--store", store, "--status-port", "0"],
    ]);
    const [, alone = ""] = await dashboard.says(/page is at (http:\S+)/);
    const past = await openPage(browser, alone);
    await past.page.locator("#spans button").last().click();
    await until(
      "the figures are there",
      async () => (await figureOf(past.page, "events-total")) === shown,
    );
    await past.page.goto(`${alone}#job`);
    await until("the job view says that there is none", async () =>
      past.page.locator("#job-none").isVisible(),
    );
    const first = past.page.locator("#top-cells li").first();
    const cell = await first.locator(".top-name").textContent();
    const count = await first.locator(".top-value").textContent();
    t.strictSame(past.errors, []);
    await past.context.close();
    await dashboard.end();
    t.equal(
      await storedPickups(store, range, `AND location = '${cell}'`),
      Number(count?.replaceAll(",", "")),
      "the busiest cell as well",
    );
  });

  t.strictSame(errors, [], "nothing went wrong on the console");
  t.strictSame(foreign, [], "nothing was asked of any other host");
});

// The browser keeps the process going: it would never end by itself.
t.end();

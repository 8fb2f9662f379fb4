/**
 * Goal: what can be asked of an engine on its page is done, and only after a
 * yes; a page that is read-only offers nothing, and is refused.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import type { EngineStatus } from "../../engine/status/status.ts";
import {
  openBrowser,
  openPage,
  picture,
  type Running,
  run,
  textOf,
  until,
} from "./processes.ts";

const AWS = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
};

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

/** A stream that goes on being written to. */
async function startStream(t: Test): Promise<string> {
  const kinesis = run(t, [
    ...["kinesis", "--port", "0", "--stream", "taxi", "--shards", "4"],
  ]);
  const [endpoint = ""] = await kinesis.says(/http:\/\/127\.0\.0\.1:\d+/);
  const to = ["--stream", "taxi", "--endpoint", endpoint];
  run(t, ["replay", ...to, "--source", "generator", "--speedup", "600"], AWS);
  return endpoint;
}

interface StartedRun {
  readonly engine: Running;
  readonly url: string;
  readonly status: () => Promise<EngineStatus>;
}

async function startRun(
  t: Test,
  endpoint: string,
  more: readonly string[],
): Promise<StartedRun> {
  const engine = run(
    t,
    [
      ...["run", "--stream", "taxi", "--endpoint", endpoint],
      ...["--from", "earliest", "--workers", "2", "--workers-max", "4"],
      ...["--status-port", "0", "--sink", "none", ...more],
    ],
    AWS,
  );
  const [, url = ""] = await engine.says(/live page: (http:\S+)/);
  const status = async () =>
    (await (await fetch(`${url}/api/status`)).json()) as EngineStatus;
  return { engine, url, status };
}

/** Presses a button, and answers the question that comes. */
async function answer(
  page: Page,
  press: () => Promise<void>,
  yes: boolean,
): Promise<void> {
  await press();
  await page.locator("#confirm").waitFor({ state: "visible" });
  const button = yes ? "#confirm-yes" : "#confirm button[value=no]";
  await page.locator(button).click();
  await page.locator("#confirm").waitFor({ state: "hidden" });
}

async function said(page: Page, text: RegExp): Promise<void> {
  await until(`it says ${text}`, async () =>
    text.test(await textOf(page, "toast")),
  );
}

t.test("actions are done after a yes, and not after a no", async (t) => {
  const folder = t.testdir();
  const endpoint = await startStream(t);
  const { engine, url, status } = await startRun(t, endpoint, [
    ...["--checkpoint", join(folder, "checkpoints")],
    ...["--dead-letters", join(folder, "dead.ndjson")],
  ]);
  const { page, errors, foreign } = await openPage(browser, `${url}#job`);
  await until("actions are offered", () =>
    page.locator("#do-savepoint").isEnabled(),
  );

  await t.test("savepoint", async (t) => {
    const press = () => page.locator("#do-savepoint").click();
    const savepoints = () =>
      readdirSync(join(folder, "checkpoints"), { recursive: true })
        .map(String)
        .filter((name) => /savepoint/.test(name));
    await answer(page, press, false);
    t.strictSame(savepoints(), []);
    await answer(page, press, true);
    await said(page, /Savepoint \S+ is taken: [\d.]+ k?B in /);
    t.equal(savepoints().length, 1);
  });

  await t.test("the number of workers", async (t) => {
    await page.locator("#worker-count").fill("3");
    const press = () => page.locator("#do-workers").click();
    await answer(page, press, false);
    t.equal((await status()).workersWanted, 2);
    await answer(page, press, true);
    await said(page, /Workers: 3 from now on, 2 before/);
    await until("three run", async () => {
      const { workers } = await status();
      return workers.filter(({ state }) => state === "running").length === 3;
    });
    await until(
      "the page shows three",
      async () => (await page.locator("#workers tbody tr").count()) === 3,
    );
    await page.locator("#worker-count").fill("40");
    await answer(page, press, true);
    await said(page, /must be from 1 to 4/);
  });

  await t.test("moving a shard", async (t) => {
    await until("a shard can be moved", async () =>
      page.locator("#shards button").first().isVisible(),
    );
    const row = page.locator("#shards tbody tr").first();
    const shardId = (await row.locator("td").first().textContent()) ?? "";
    const press = () => row.locator("button").click();
    const movesOnRequest = async () => {
      const { moves } = await status();
      return moves.last?.reason === "request" ? moves.last : null;
    };
    await answer(page, press, false);
    t.equal(await movesOnRequest(), null);
    await row.locator("button").click();
    await picture(page, "confirm-dark");
    const to = Number(await page.locator("#confirm-worker").inputValue());
    await page.locator("#confirm-yes").click();
    await said(page, new RegExp(`${shardId} is on its way`));
    await until("it has moved", async () => (await movesOnRequest()) !== null);
    t.match(await movesOnRequest(), { shardId, to });
    await until("the page says so", async () =>
      /1 by request|last \S+: \d → \d/.test(await textOf(page, "facts")),
    );
    t.notMatch(await textOf(page, "facts"), /[{}]/, "no raw JSON");
  });

  await t.test("stopping", async (t) => {
    const press = () => page.locator("#do-stop").click();
    await answer(page, press, false);
    t.equal((await status()).state, "running");
    await answer(page, press, true);
    await engine.ended();
    t.equal(engine.child.exitCode, 0);
  });

  t.strictSame(errors, []);
  t.strictSame(foreign, []);
});

t.test("a read-only page offers nothing, and is refused", async (t) => {
  const folder = t.testdir();
  const endpoint = await startStream(t);
  const { url, status } = await startRun(t, endpoint, [
    ...["--checkpoint", join(folder, "checkpoints"), "--read-only"],
    ...["--dead-letters", join(folder, "dead.ndjson")],
  ]);
  const { page, errors } = await openPage(browser, `${url}#job`);
  await until("it says why", async () =>
    /read-only/.test(
      (await page.locator("#do-stop").getAttribute("title")) ?? "",
    ),
  );
  await until(
    "shards show",
    async () => (await page.locator("#shards tbody tr").count()) === 4,
  );
  for (const id of ["do-savepoint", "do-workers", "do-stop"]) {
    t.ok(await page.locator(`#${id}`).isDisabled(), id);
  }
  t.equal(await page.locator("#shards button").count(), 0);
  const answers = await page.evaluate(`Promise.all(
    ["savepoint", "workers", "shards/move", "stop"].map((path) =>
      fetch("/api/" + path, {
        method: "POST",
        headers: { "content-type": "application/json", "x-flagdrop-action": "1" },
        body: "{}",
      }).then((answer) => answer.status),
    ),
  )`);
  t.strictSame(answers, [403, 403, 403, 403]);
  t.equal((await status()).state, "running");
  t.strictSame(errors, []);
});

// The browser keeps the process going: it would never end by itself.
t.end();

/**
 * Goal: the page fits a job that has nothing to do with taxis: the map shows the
 * average that the job has first, and events when asked to. Runs the built
 * command.
 */
import type { Browser } from "playwright-core";
import t from "tap";
import {
  figureOf,
  openBrowser,
  openPage,
  picture,
  run,
  textOf,
  until,
} from "./processes.ts";

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

t.test("vehicle positions are coloured by their speed", async (t) => {
  const demo = run(t, [
    ...["demo", "--job", "vehicle-positions", "--status-port", "0"],
    ...["--speedup", "200"],
  ]);
  const [, url = ""] = await demo.says(/live page: (http:\S+)/);
  const { page, context, errors } = await openPage(browser, url);
  await until(
    "the page knows the job",
    async () => (await textOf(page, "events-name")) === "positions",
  );
  t.equal(await textOf(page, "legend-name"), "average speed per cell, km/h");
  const steps = async () => {
    const texts = await page.locator("#legend-steps span").allTextContents();
    return texts.join("\n");
  };
  await until("there are cells, by speed", async () => {
    if (!((await figureOf(page, "events-total")) > 2_000)) return false;
    return /^< \d+\.\d/.test(await steps());
  });
  // What is made goes at 7 to 68 km/h.
  const speeds = (await steps()).match(/\d+\.\d/g)?.map(Number) ?? [];
  t.equal(speeds.length, 7, speeds.join(" "));
  t.ok(speeds.every((speed) => speed > 5 && speed < 70));
  await picture(page, "vehicle-positions");
  await page.locator("#colour-by").selectOption({ label: "positions" });
  t.equal(await textOf(page, "legend-name"), "positions per cell");
  await until("there are counts", async () => /^\d+\n/.test(await steps()));
  await picture(page, "vehicle-positions-events");
  // And as it was.
  await page.locator("#play").click();
  await page.locator("#colour-by").selectOption("avg_speed_kmh");
  await until("there are speeds again", async () =>
    /^< \d+\.\d/.test(await steps()),
  );
  t.strictSame(errors, []);
  await context.close();
});

// The browser keeps the process going: it would never end by itself.
t.end();

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { storePage, tellStorePage } from "../../scripts/store_page.ts";

const URL = "http://127.0.0.1:8790/";

t.test("a store's page is told until it is taken back", async (t) => {
  const store = join(t.testdir(), "taxi.duckdb");
  t.equal(await storePage(store, process.pid), undefined);
  const takeBack = await tellStorePage(store, URL);
  t.equal(await storePage(store, process.pid), URL);
  t.equal(await storePage(store, process.pid + 1), undefined, "left behind");
  await takeBack();
  t.notOk(existsSync(`${store}.page`));
  await takeBack();
});

t.test("what is no address of a page is none", async (t) => {
  const store = join(t.testdir(), "taxi.duckdb");
  const { pid } = process;
  for (const text of [
    "",
    "{",
    JSON.stringify({ pid }),
    JSON.stringify({ pid, url: "file:///etc/passwd" }),
    JSON.stringify({ pid, url: URL }) + " ".repeat(2_000),
  ]) {
    writeFileSync(`${store}.page`, text);
    t.equal(await storePage(store, pid), undefined, text.slice(0, 60));
  }
});

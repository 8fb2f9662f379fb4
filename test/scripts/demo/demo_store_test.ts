import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { openDatabase } from "../../../engine/sink/duckdb_database.ts";
import {
  prepareStore,
  sampleQuestion,
  sampleStore,
} from "../../../scripts/demo/demo_store.ts";
import { TAXI } from "../../engine/sink/windows.ts";

t.test(
  "prepareStore() makes the folder and removes an old store",
  async (t) => {
    const file = join(t.testdir({}), "made", "demo.duckdb");
    await prepareStore(file, true);
    await (await openDatabase(file)).close();
    writeFileSync(`${file}.wal`, "");
    await prepareStore(file, false);
    t.ok(existsSync(file));
    await prepareStore(file, true);
    t.notOk(existsSync(file));
    t.notOk(existsSync(`${file}.wal`));
  },
);

t.test("prepareStore() removes an old store that is damaged", async (t) => {
  const file = join(t.testdir({ "demo.duckdb": "rubbish" }), "demo.duckdb");
  await prepareStore(file, true);
  t.notOk(existsSync(file));
});

t.test("prepareStore() leaves a store alone that is in use", async (t) => {
  const file = join(t.testdir({}), "demo.duckdb");
  const { close } = await openDatabase(file);
  t.teardown(close);
  await t.rejects(prepareStore(file, true), { code: "FD_STORE" });
  t.ok(existsSync(file));
});

t.test("prepareStore() names a folder that can't be made", async (t) => {
  const folder = t.testdir({ file: "" });
  for (const file of [
    join(folder, "file", "demo.duckdb"),
    join(folder, "no", "such", "demo.duckdb"),
  ]) {
    await t.rejects(prepareStore(file, true), {
      code: "FD_STORE",
      message: /^Cannot make store ".*demo\.duckdb": .*--store$/,
    });
  }
});

t.test("sampleStore() has the busiest cells first", async (t) => {
  const file = join(t.testdir({}), "demo.duckdb");
  const { connection, close } = await openDatabase(file);
  await connection.run(
    "CREATE TABLE pickup_count AS SELECT * FROM (VALUES ('dr5ru7', 3), ('dr5ru6', 5), ('dr5ru7', 4)) AS t(location, pickup_count)",
  );
  await close();
  const question = sampleQuestion(TAXI);
  assert.ok(question !== undefined);
  t.equal(question.noun, "pickups");
  t.strictSame(await sampleStore(file, question), [
    { cell: "dr5ru7", events: 7 },
    { cell: "dr5ru6", events: 5 },
  ]);
});

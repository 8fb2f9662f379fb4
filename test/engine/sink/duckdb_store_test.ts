/**
 * Goal: a store belongs to one job and one process at a time, each refusal is
 * one line with a remedy, and a killed writer loses nothing acknowledged.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import {
  openDatabase,
  storeError,
} from "../../../engine/sink/duckdb_database.ts";
import { storedPlan } from "../../../engine/sink/duckdb_setup.ts";
import { DuckdbSink } from "../../../engine/sink/duckdb_sink.ts";
import { readStore } from "./read_store.ts";
import { ROWS } from "./store_writer.ts";
import { TAXI } from "./windows.ts";

const OTHER = planJob(parseJobSpec(taxiJob(taxiZones("boxes"))));

async function made(file: string, sql: readonly string[] = []): Promise<void> {
  const sink = new DuckdbSink({ file, plan: TAXI });
  await sink.open();
  await sink.close();
  await changed(file, sql);
}

async function changed(file: string, sql: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  for (const one of sql) await connection.run(one);
  connection.closeSync();
  instance.closeSync();
}

async function refusal(file: string, plan = TAXI): Promise<string> {
  try {
    await new DuckdbSink({ file, plan }).open();
  } catch (error) {
    if (!(error instanceof FlagdropError)) throw error;
    assert.equal(error.code, "FD_STORE");
    assert(!error.message.includes("\n"));
    return error.message;
  }
  throw new Error("the store was opened");
}

/** Starts a writer and waits for its first acknowledged batch. */
async function startWriter(file: string): Promise<ChildProcess> {
  const child = fork(new URL("./store_writer.ts", import.meta.url), [file]);
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`the writer ended with ${code}`);
  });
  await Promise.race([once(child, "message"), exited]);
  exited.catch(() => {});
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

t.test(
  "DuckdbSink.open() takes any name that DuckDB has not taken",
  async (t) => {
    const folder = t.testdir();
    for (const name of ["flagdrop.duckdb", "pickup_count.duckdb", "a b.c"]) {
      const file = join(folder, name);
      await made(file);
      await made(file);
      await changed(file, ["SELECT * FROM pickup_count"]);
    }
    const refused = await refusal(join(folder, "main.duckdb"));
    t.match(refused, /give the file another name/);
  },
);

t.test("DuckdbSink.open() refuses a file that is no store", async (t) => {
  const folder = t.testdir({
    "a.json": '{"a":1}',
    "b.csv": "a,b",
    "c.txt": "x",
  });
  for (const name of ["a.json", "b.csv", "c.txt"]) {
    t.match(await refusal(join(folder, name)), /no DuckDB file/);
  }
});

t.test("DuckdbSink.open() refuses another job's store", async (t) => {
  const file = join(t.testdir(), "s.duckdb");
  await made(file);
  t.equal(
    await refusal(file, OTHER),
    `Cannot use store "${file}" as it holds results of job "nyc-taxi" (${TAXI.hash.slice(0, 12)}), not of "nyc-taxi" (${OTHER.hash.slice(0, 12)}): name another file, or delete this one`,
  );
  const again = new DuckdbSink({ file, plan: TAXI });
  await again.open();
  await again.close();
});

t.test("DuckdbSink.open() refuses a store of another version", async (t) => {
  const file = join(t.testdir(), "s.duckdb");
  await made(file, [
    "UPDATE flagdrop_internal.meta SET value = '99' WHERE key = 'schema_version'",
  ]);
  t.equal(
    await refusal(file),
    `Cannot use store "${file}" as its layout is version 99 and this release writes version 1: name another file, or delete this one`,
  );
});

t.test("DuckdbSink.open() refuses files that are no store", async (t) => {
  const folder = t.testdir({ text: "hello, I am no database\n".repeat(1_000) });
  const foreign = join(folder, "foreign.duckdb");
  await changed(foreign, ["CREATE TABLE trips (id INTEGER)"]);
  t.equal(
    await refusal(foreign),
    `Cannot use store "${foreign}" as it is a database with other tables in it: name another file, or delete this one`,
  );
  t.strictSame(await readStore(foreign, "SELECT * FROM trips"), []);
  t.match(
    await refusal(join(folder, "text")),
    /as it is no DuckDB file: name another file, or delete this one$/,
  );
  t.match(await refusal(folder), /as it is a folder: name a file in it$/);
  t.match(
    await refusal(join(folder, "no", "s.duckdb")),
    /as its folder does not exist: create the folder or name another$/,
  );
});

t.test(
  "DuckdbSink.open() refuses a store that this process has open",
  async (t) => {
    const folder = t.testdir({ link: t.fixture("symlink", ".") });
    const file = join(folder, "s.duckdb");
    const sink = new DuckdbSink({ file, plan: TAXI });
    await sink.open();
    t.match(
      await refusal(join(folder, "link", "s.duckdb")),
      /as this process has it open already: name each store once$/,
    );
    await sink.close();
  },
);

t.test(
  "DuckdbSink.open() names the writer that holds the store and, once it is killed, finds all that it acknowledged",
  async (t) => {
    const file = join(t.testdir(), "s.duckdb");
    let acknowledged = 0;
    for (let round = 0; round < 2; round++) {
      const child = await startWriter(file);
      let last = 1;
      child.on("message", (batch) => {
        last = Number(batch);
      });
      t.equal(
        await refusal(file),
        `Cannot open store "${file}" as process ${child.pid} has it open: stop that process or name another file`,
      );
      while (last < 4 + 3 * round) await once(child, "message");
      await kill(child);
      acknowledged = Math.max(acknowledged, last);

      const sink = new DuckdbSink({ file, plan: TAXI });
      await sink.open();
      await sink.close();
      const windows = await readStore(
        file,
        `SELECT timestamp, count(*) AS n, count(DISTINCT location) AS keys,
        min(pickup_count) AS low, max(pickup_count) AS high
        FROM pickup_count GROUP BY timestamp ORDER BY timestamp`,
      );
      const [rewritten, ...batches] = windows;
      t.ok(batches.length >= acknowledged, "nothing acknowledged is lost");
      t.ok(windows.every(({ n, keys }) => n === ROWS && keys === ROWS));
      t.ok(
        windows.every(({ low, high }) => low === high),
        "no partial batch",
      );
      t.ok(batches.every(({ low }, i) => low === i + 1));
      t.ok(Number(rewritten?.["low"]) >= last);
    }
  },
);

t.test("storeError() gives reason and remedy for what users can mend", (t) => {
  const of = (message: string) =>
    storeError('write store "x"', new Error(message)).message;
  t.equal(
    of('IO Error: Could not write file "x": No space left on device'),
    'Cannot write store "x" as the disk is full: free some space',
  );
  t.match(
    of("Out of Memory Error: could not allocate block\n\nPossible solutions:"),
    /as 512MB of memory are not enough: keep less with --retention, or take another sink$/,
  );
  t.equal(
    of("FATAL Error: unheard of\nsecond line"),
    'Cannot write store "x": FATAL Error: unheard of second line',
  );
  const own = new FlagdropError("FD_STORE", "Cannot");
  t.equal(storeError("write", own), own);
  t.end();
});

t.test("a store knows its job, also one made before stores did", async (t) => {
  const file = join(t.testdir(), "a.duckdb");
  const forget = "DELETE FROM flagdrop_internal.meta WHERE key = 'job_plan'";
  await made(file, [forget]);
  const plan = async () => {
    const { connection, close } = await openDatabase(file);
    return await storedPlan(connection, file).finally(close);
  };
  await t.rejects(plan(), { code: "FD_STORE", message: /once more/ });
  await made(file);
  t.strictSame(await plan(), JSON.parse(JSON.stringify(TAXI)));
});

/**
 * Makes a new store, or checks that an existing one is this job's.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { FlagdropError } from "../errors.ts";
import type { JobPlan } from "../job/plan.ts";
import type { Partition } from "./duckdb_partitions.ts";
import {
  CREATE_STORE,
  createDocumentView,
  createStageTable,
  createUnionView,
  literal,
  STORE_SCHEMA_VERSION,
} from "./duckdb_schema.ts";

/** What the plan stands under, so that a store can be read by itself. */
const PLAN_KEY = "job_plan";

/** Characters of a job's hash that are shown. */
const HASH_SHOWN = 12;

/** What is known of a store when it is opened. */
export interface StoreIdentity {
  /** The file, for error messages. */
  readonly file: string;
  readonly plan: JobPlan;
}

async function texts(connection: DuckDBConnection, sql: string) {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowsJS().map((row) => row.map(String));
}

function refusal(file: string, reason: string): FlagdropError {
  return new FlagdropError(
    "FD_STORE",
    `Cannot use store "${file}" as ${reason}: name another file, or delete this one`,
    { domain: "user" },
  );
}

/** Runs statements as one transaction. */
export async function inTransaction(
  connection: DuckDBConnection,
  work: () => Promise<void>,
): Promise<void> {
  await connection.run("BEGIN");
  try {
    await work();
    await connection.run("COMMIT");
  } catch (error) {
    // The first error is the one to report; this one follows from it.
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function createStore(connection: DuckDBConnection, plan: JobPlan) {
  const meta = {
    schema_version: String(STORE_SCHEMA_VERSION),
    job_name: plan.name,
    job_hash: plan.hash,
    [PLAN_KEY]: JSON.stringify(plan),
  };
  const rows = Object.entries(meta).map(
    ([key, value]) => `(${literal(key)}, ${literal(value)})`,
  );
  await inTransaction(connection, async () => {
    for (const sql of CREATE_STORE) await connection.run(sql);
    await connection.run(
      `INSERT INTO flagdrop_internal.meta VALUES ${rows.join(", ")}`,
    );
    for (const query of plan.queries) {
      await connection.run(createUnionView(query, []));
      await connection.run(createDocumentView(query));
    }
  });
}

async function checkStore(
  connection: DuckDBConnection,
  { file, plan }: StoreIdentity,
): Promise<void> {
  const rows = await texts(
    connection,
    "SELECT key, value FROM flagdrop_internal.meta",
  );
  const meta = new Map(rows.map(([key = "", value = ""]) => [key, value]));
  const version = meta.get("schema_version");
  if (version !== String(STORE_SCHEMA_VERSION)) {
    throw refusal(
      file,
      `its layout is version ${version} and this release writes version ${STORE_SCHEMA_VERSION}`,
    );
  }
  const hash = meta.get("job_hash") ?? "";
  if (hash !== plan.hash) {
    throw refusal(
      file,
      `it holds results of job "${meta.get("job_name")}" (${hash.slice(0, HASH_SHOWN)}), not of "${plan.name}" (${plan.hash.slice(0, HASH_SHOWN)})`,
    );
  }
}

/**
 * The job whose results a store holds.
 *
 * @throws {FlagdropError} `FD_STORE` when the file is no store, or one from
 * before stores knew their job.
 */
export async function storedPlan(
  connection: DuckDBConnection,
  file: string,
): Promise<JobPlan> {
  const rows = await texts(
    connection,
    `SELECT value FROM flagdrop_internal.meta WHERE key = '${PLAN_KEY}'`,
  ).catch(() => {
    throw refusal(file, "it is no store of results");
  });
  const [[plan] = []] = rows;
  if (plan !== undefined) return JSON.parse(plan) as JobPlan;
  throw refusal(
    file,
    "it was made before stores knew their job: run the job on it once more",
  );
}

/**
 * Makes a store ready to be written to.
 *
 * @param connection A connection to the file.
 * @param identity The file and the job.
 * @returns The tables of each query, ascending.
 * @throws {FlagdropError} `FD_STORE` when the file is another job's store, of
 * another version, or somebody else's database.
 */
export async function prepareStore(
  connection: DuckDBConnection,
  identity: StoreIdentity,
): Promise<Partition[][]> {
  const { file, plan } = identity;
  const tables = await texts(
    connection,
    "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT temporary",
  );
  if (tables.some(([name]) => name === "flagdrop_internal.meta")) {
    await checkStore(connection, identity);
    await connection.run(
      `INSERT INTO flagdrop_internal.meta VALUES ('${PLAN_KEY}', ${literal(JSON.stringify(plan))}) ON CONFLICT DO NOTHING`,
    );
  } else if (tables.length > 0) {
    throw refusal(file, `it is a database with other tables in it`);
  } else {
    await createStore(connection, plan);
  }
  for (const query of plan.queries) {
    await connection.run(createStageTable(query));
  }
  const rows = await texts(
    connection,
    "SELECT query_index, table_name, start_ms, end_ms FROM flagdrop_internal.partitions ORDER BY start_ms",
  );
  const partitions = rows.map(([queryIndex, table = "", startMs, endMs]) => ({
    table,
    queryIndex: Number(queryIndex),
    startMs: Number(startMs),
    endMs: Number(endMs),
  }));
  return plan.queries.map(({ index }) =>
    partitions.filter(({ queryIndex }) => queryIndex === index),
  );
}

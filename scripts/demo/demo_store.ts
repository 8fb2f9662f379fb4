/**
 * The demo's store: making it anew, and asking it something at the end.
 *
 * @module
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { eventNoun } from "../../engine/dashboard/map_queries.ts";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import type { JobPlan } from "../../engine/job/plan.ts";
import { openDatabase } from "../../engine/sink/duckdb_database.ts";

/** What is asked at the end, and what the user may ask. */
export interface SampleQuestion {
  readonly sql: string;
  /** What is counted: `pickups`. */
  readonly noun: string;
}

/** A row of the answer. */
export interface SampleRow {
  readonly cell: string;
  readonly events: number;
}

function identifier(name: string): string {
  return /^[a-z][a-z_]*$/.test(name) ? name : `"${name}"`;
}

/** The busiest cells, of the first query that counts by cell. */
export function sampleQuestion(plan: JobPlan): SampleQuestion | undefined {
  for (const { name, key, measures } of plan.queries) {
    const part = key.find(({ type }) => type === "geohash");
    const count = measures.find(({ type }) => type === "count");
    if (part === undefined || count === undefined) continue;
    const noun = eventNoun(measures);
    const cell = identifier(part.as);
    const total = identifier(noun === count.as ? `all_${noun}` : noun);
    const sql = `SELECT ${cell}, sum(${identifier(count.as)})::BIGINT AS ${total} FROM ${identifier(name)} GROUP BY ${cell} ORDER BY ${total} DESC LIMIT 5`;
    return { sql, noun };
  }
  return undefined;
}

/** Whether a store is in use; a damaged one is not. */
async function checkUnused(file: string): Promise<void> {
  try {
    await (await openDatabase(file)).close();
  } catch (error) {
    if (errorLine(error).includes("has it open")) throw error;
  }
}

/** Makes a folder in one that is there. */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) await mkdir(path);
}

/**
 * Makes the store's folder and, where asked for, the way free for a new store.
 *
 * @throws {FlagdropError} `FD_STORE` when it is in use or can't be made.
 */
export async function prepareStore(
  file: string,
  isFresh: boolean,
): Promise<void> {
  try {
    await makeFolder(dirname(file));
    if (!isFresh) return;
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) return;
    await checkUnused(file);
    for (const one of [file, `${file}.wal`]) await rm(one, { force: true });
  } catch (error) {
    if (error instanceof FlagdropError) throw error;
    throw new FlagdropError(
      "FD_STORE",
      `Cannot make store "${file}": ${errorLine(error)}: name another with --store`,
      { domain: "user", cause: error },
    );
  }
}

/** The store's answer; it must be closed by now. */
export async function sampleStore(
  file: string,
  { sql }: SampleQuestion,
): Promise<SampleRow[]> {
  const { connection, close } = await openDatabase(file);
  try {
    const answer = await connection.runAndReadAll(sql);
    return answer.getRows().map(([cell, events]) => ({
      cell: String(cell),
      events: Number(events),
    }));
  } finally {
    await close();
  }
}

/** The store's size, bytes. */
export async function storeBytes(file: string): Promise<number> {
  return (await stat(file)).size;
}

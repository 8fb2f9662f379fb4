/**
 * The demo's store: making it anew, and asking it something at the end.
 *
 * @module
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import { openDatabase } from "../../engine/sink/duckdb_database.ts";

/** What is asked at the end, and what the user may ask. */
export const SAMPLE_SQL =
  "SELECT location, sum(pickup_count)::BIGINT AS pickups FROM pickup_count GROUP BY location ORDER BY pickups DESC LIMIT 5";

/** A row of the answer to {@linkcode SAMPLE_SQL}. */
export interface SampleRow {
  readonly location: string;
  readonly pickups: number;
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

/** The store's answer to {@linkcode SAMPLE_SQL}; it must be closed by now. */
export async function sampleStore(file: string): Promise<SampleRow[]> {
  const { connection, close } = await openDatabase(file);
  try {
    const answer = await connection.runAndReadAll(SAMPLE_SQL);
    return answer.getRows().map(([location, pickups]) => ({
      location: String(location),
      pickups: Number(pickups),
    }));
  } finally {
    await close();
  }
}

/** The store's size, bytes. */
export async function storeBytes(file: string): Promise<number> {
  return (await stat(file)).size;
}

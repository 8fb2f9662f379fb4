/**
 * A DuckDB file, opened for this process alone.
 *
 * @module
 */

import { open, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { errorLine, FlagdropError } from "../errors.ts";
import {
  STORE_BLOCK_BYTES,
  STORE_LOG_LIMIT,
  STORE_MEMORY_LIMIT,
  STORE_SPILL_LIMIT,
  STORE_THREADS,
} from "./limits.ts";

/** The package, loaded with the first store: that takes 0.15 s. */
export type DuckDb = typeof import("@duckdb/node-api");

/** An open database. */
export interface Database {
  readonly duckdb: DuckDb;
  readonly connection: DuckDBConnection;
  /** Another connection, for reading beside; closed with the database. */
  connect(): Promise<DuckDBConnection>;
  /** Writes the log into the file and releases it. */
  close(): Promise<void>;
}

const SETTINGS = {
  threads: String(STORE_THREADS),
  memory_limit: STORE_MEMORY_LIMIT,
  max_temp_directory_size: STORE_SPILL_LIMIT,
  checkpoint_threshold: STORE_LOG_LIMIT,
  default_block_size: String(STORE_BLOCK_BYTES),
  // Never reaches out to the network for an extension.
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
} as const;

/**
 * Files open in this process. The lock on the file keeps other processes out,
 * but not a second opening here, which would damage the file.
 */
const openPaths = new Set<string>();

const LOCK_REGEXP = /Conflicting lock is held in .*?\(PID (\d+)\)/;

/** Parts of DuckDB's messages, with the reason and remedy for the user. */
const REASONS: readonly (readonly [RegExp, string, string])[] = [
  [
    /not a valid DuckDB database/,
    "it is no DuckDB file",
    "name another file, or delete this one",
  ],
  [/Is a directory/, "it is a folder", "name a file in it"],
  [
    /No such file or directory/,
    "its folder does not exist",
    "create the folder or name another",
  ],
  [
    /Permission denied/,
    "permission is denied",
    "name a file that this user may write",
  ],
  [/No space left|disk is full/i, "the disk is full", "free some space"],
  [
    /Out of Memory/,
    `${STORE_MEMORY_LIMIT} of memory are not enough`,
    "keep less with --retention, or take another sink",
  ],
];

/**
 * Turns an error of DuckDB into what the user is shown.
 *
 * @param action What could not be done, e.g. `'write store "x"'`.
 * @param error The error as it was thrown.
 * @returns An error with code `FD_STORE` and the error as its cause.
 */
export function storeError(action: string, error: unknown): FlagdropError {
  if (error instanceof FlagdropError) return error;
  const line = errorLine(error);
  const options = { cause: error };
  const [, pid] = LOCK_REGEXP.exec(line) ?? [];
  if (pid !== undefined) {
    return new FlagdropError(
      "FD_STORE",
      `Cannot ${action} as process ${pid} has it open: stop that process or name another file`,
      options,
    );
  }
  const found = REASONS.find(([regexp]) => regexp.test(line));
  const detail = found ? ` as ${found[1]}: ${found[2]}` : `: ${line}`;
  return new FlagdropError("FD_STORE", `Cannot ${action}${detail}`, options);
}

/** The file's one true name, whether it is there yet or not. */
async function canonicalPath(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const folder = dirname(absolute);
    const real = await realpath(folder).catch(() => folder);
    return join(real, basename(absolute));
  }
}

/**
 * Required, as an import first parses each of its 180 files for names: twice
 * the CPU time, at every start.
 */
function loadDuckDb(): DuckDb {
  return createRequire(import.meta.url)("@duckdb/node-api");
}

async function connect(path: string): Promise<Database> {
  const duckdb = loadDuckDb();
  const instance = await duckdb.DuckDBInstance.create(path, SETTINGS);
  try {
    const connection = await instance.connect();
    const others: DuckDBConnection[] = [];
    let closed = false;
    const close = async () => {
      if (closed) return;
      closed = true;
      try {
        // Beforehand, off this thread; closing would do the same on it.
        await connection.run("CHECKPOINT");
      } finally {
        for (const other of others) other.closeSync();
        connection.closeSync();
        instance.closeSync();
        openPaths.delete(path);
      }
    };
    return {
      duckdb,
      connection,
      close,
      async connect() {
        const other = await instance.connect();
        others.push(other);
        return other;
      },
    };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** What stands at the beginning of a DuckDB file, and where. */
const MAGIC = { offset: 8, text: "DUCK" } as const;

/**
 * Whether something else is in the file. DuckDB takes a JSON or CSV file for
 * a database of its contents in memory, where nothing would be kept.
 */
async function isOtherFile(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { offset, text } = MAGIC;
    const head = Buffer.alloc(offset + text.length);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return bytesRead > 0 && head.toString("latin1", offset) !== text;
  } catch {
    // A folder or a device: DuckDB says what is wrong with it.
    return false;
  } finally {
    await file.close();
  }
}

/** Names of schemas and of catalogs that DuckDB has itself. */
const RESERVED_REGEXP =
  /^(flagdrop_internal|main|temp|system|memory|pg_catalog|information_schema)(\.|$)/i;

/**
 * Opens a file, making it when it isn't there.
 *
 * @param file The file; its folder must exist.
 * @throws {FlagdropError} `FD_STORE`, one line with the remedy; when another
 * process has it open, with that process' id.
 */
export async function openDatabase(file: string): Promise<Database> {
  const path = await canonicalPath(file);
  const action = `open store "${file}"`;
  if (await isOtherFile(path)) {
    throw new FlagdropError(
      "FD_STORE",
      `Cannot ${action} as it is no DuckDB file: name another file, or delete this one`,
      { domain: "user" },
    );
  }
  if (RESERVED_REGEXP.test(basename(path))) {
    throw new FlagdropError(
      "FD_STORE",
      `Cannot ${action} as DuckDB names the store after the file, and this name is taken: give the file another name`,
      { domain: "user" },
    );
  }
  if (openPaths.has(path)) {
    throw new FlagdropError(
      "FD_STORE",
      `Cannot ${action} as this process has it open already: name each store once`,
      { domain: "user" },
    );
  }
  openPaths.add(path);
  try {
    return await connect(path);
  } catch (error) {
    openPaths.delete(path);
    throw storeError(action, error);
  }
}

/**
 * Reads a closed store the way anybody would: with DuckDB and the views.
 *
 * @module
 */
import { DuckDBInstance } from "@duckdb/node-api";

/** Runs one statement over a file and gives the rows as objects. */
export async function readStore(
  file: string,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(file, {
    access_mode: "READ_ONLY",
  });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader
      .getRowObjectsJS()
      .map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === "bigint" ? Number(value) : value,
          ]),
        ),
      );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Evaluates SQL that Flink and DuckDB read alike, in DuckDB. */
import { DuckDBInstance } from "@duckdb/node-api";

/** A point, as a row of the table that expressions are evaluated over. */
export type PointRow = readonly [latitude: number, longitude: number];

/**
 * The values of an expression over columns `lat` and `lon`, for each point.
 *
 * @param text SQL with integer division, as Flink has it.
 */
export async function valuesAt(
  text: string,
  points: readonly PointRow[],
): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    await connection.run("SET integer_division = true");
    await connection.run("CREATE TABLE point (i INT, lat DOUBLE, lon DOUBLE)");
    const appender = await connection.createAppender("point");
    for (const [i, [latitude, longitude]] of points.entries()) {
      appender.appendInteger(i);
      appender.appendDouble(latitude);
      appender.appendDouble(longitude);
      appender.endRow();
    }
    appender.closeSync();
    const reader = await connection.runAndReadAll(
      `SELECT ${text} FROM point ORDER BY i`,
    );
    return reader.getRows().map(([value]) => value);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/**
 * One query's share of a write, inside the transaction: makes tables, moves
 * rows into them, drops expired tables, and keeps the union view in step.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { QueryPlan } from "../job/plan.ts";
import type { Database } from "./duckdb_database.ts";
import {
  cutoffMs,
  type Partition,
  type PartitionRules,
  placeTimestamp,
} from "./duckdb_partitions.ts";
import {
  createResultTable,
  createUnionView,
  literal,
  resultTable,
  stageTable,
  upsertStaged,
} from "./duckdb_schema.ts";
import { stageRows } from "./duckdb_stage.ts";
import type { WindowRows } from "./latest_rows.ts";

/** What is written of one query. */
export interface QueryWrite {
  readonly query: QueryPlan;
  /** No key twice. */
  readonly batch: readonly WindowRows[];
  /** The query's tables, ascending. */
  readonly partitions: readonly Partition[];
  readonly rules: PartitionRules;
  /** Newest timestamp of all queries. */
  readonly newestMs: number;
}

function sameRange(a: Partition, b: Partition): boolean {
  return a.startMs === b.startMs && a.endMs === b.endMs;
}

/** Brings tables and their register from one state to another. */
async function changeTables(
  connection: DuckDBConnection,
  query: QueryPlan,
  change: {
    readonly from: readonly Partition[];
    readonly to: readonly Partition[];
  },
): Promise<void> {
  const tables = new Map(change.from.map((one) => [one.table, one]));
  for (const one of change.to) {
    const { table, startMs, endMs } = one;
    const old = tables.get(table);
    if (old === undefined) {
      await connection.run(createResultTable(query, table));
      await connection.run(
        `INSERT INTO flagdrop_internal.partitions VALUES (${literal(table)}, ${query.index}, ${startMs}, ${endMs})`,
      );
    } else if (!sameRange(old, one)) {
      await connection.run(
        `UPDATE flagdrop_internal.partitions SET start_ms = ${startMs}, end_ms = ${endMs} WHERE table_name = ${literal(table)}`,
      );
    }
    tables.delete(table);
  }
  for (const table of tables.keys()) {
    await connection.run(`DROP TABLE ${resultTable(table)}`);
    await connection.run(
      `DELETE FROM flagdrop_internal.partitions WHERE table_name = ${literal(table)}`,
    );
  }
}

async function upsert(
  database: Database,
  { query, batch }: QueryWrite,
  targets: ReadonlySet<Partition>,
): Promise<number> {
  const { connection } = database;
  const rowCount = await stageRows(database, query, batch);
  for (const target of targets) {
    await connection.run(upsertStaged(query, target));
  }
  await connection.run(`TRUNCATE ${stageTable(query)}`);
  return rowCount;
}

/**
 * Writes one query's rows and drops what has expired.
 *
 * @param database The store, in a transaction.
 * @param write The rows, and the tables as they are.
 * @returns The tables as they are then, and the number of rows written.
 */
export async function writeQuery(
  database: Database,
  write: QueryWrite,
): Promise<{ partitions: readonly Partition[]; rowCount: number }> {
  const { query, batch, rules, newestMs } = write;
  const { connection } = database;
  let placed = write.partitions;
  for (const { window } of batch) {
    const { timestampMs } = window;
    const at = { queryIndex: query.index, timestampMs };
    placed = placeTimestamp(placed, at, rules).partitions;
  }
  await changeTables(connection, query, { from: write.partitions, to: placed });
  let rowCount = 0;
  if (batch.length > 0) {
    const targets = new Set(
      batch.flatMap(({ window: { timestampMs } }) =>
        placed.filter(
          ({ startMs, endMs }) => startMs <= timestampMs && timestampMs < endMs,
        ),
      ),
    );
    rowCount = await upsert(database, write, targets);
  }
  const cutoff = cutoffMs(rules, newestMs);
  const kept = placed.filter(({ endMs }) => endMs > cutoff);
  await changeTables(connection, query, { from: placed, to: kept });
  const names = kept.map(({ table }) => table);
  const before = write.partitions.map(({ table }) => table);
  if (names.join() !== before.join()) {
    await connection.run(createUnionView(query, names));
  }
  return { partitions: kept, rowCount };
}

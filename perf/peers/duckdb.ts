/**
 * The job in DuckDB: a batch query over each round's files. It knows neither
 * event time nor checkpoints: it is told which windows a round closes.
 *
 * What is timed reads the files (in memory, where the system allows it),
 * filters, tallies and makes the documents' JSON texts.
 *
 * @module
 */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { RoundFiles } from "../memory/round_files.ts";
import { TripStream, type TripStreamOptions } from "../memory/trip_stream.ts";
import { Meter } from "../suite/meter.ts";
import type { RoundRunner } from "../suite/round_engine.ts";
import { digestOf } from "../suite/watched_sink.ts";
import { CARRY_SQL, DOCUMENTS_SQL, SETUP_SQL, tallySql } from "./duckdb_sql.ts";

const WINDOW_MS = 600_000;

/** Options for {@linkcode startDuckDb}. */
export interface DuckDbOptions extends TripStreamOptions {
  readonly threads: number;
}

/** The documents, written as the engine writes them. */
async function digest(connection: DuckDBConnection): Promise<string> {
  const rows = await connection.runAndReadAll("select line from document");
  // A double is 15.0 in DuckDB and 15 in JavaScript.
  return digestOf(
    rows.getRows().map(([line]) => JSON.stringify(JSON.parse(String(line)))),
  );
}

/** Runs the job in rounds, as the engine is run. */
export async function startDuckDb({
  threads,
  ...options
}: DuckDbOptions): Promise<RoundRunner> {
  const stream = new TripStream(options);
  const files = new RoundFiles(stream);
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    preserve_insertion_order: "false",
  });
  const connection = await instance.connect();
  await connection.run(SETUP_SQL);
  const tally = tallySql(files.paths);
  return {
    async round(digests) {
      stream.prepare();
      files.write();
      // The last window that is closed has the slot before.
      const open_slot = BigInt((stream.closedMs + 1) / WINDOW_MS);
      const meter = new Meter();
      await connection.run(tally);
      await connection.run(DOCUMENTS_SQL, { open_slot });
      await connection.run(CARRY_SQL, { open_slot });
      const figures = meter.read();
      const count = await connection.runAndReadAll(
        "select count(*) from document",
      );
      return {
        ...figures,
        events: stream.recordCount,
        documents: Number(count.getRows()[0]?.[0]),
        digest: digests ? await digest(connection) : "",
      };
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
      files.remove();
    },
  };
}

/**
 * A process that writes to a store until it is killed: batch k is window k
 * with all rows k, and a rewrite of window 0 with all rows k. Sends k once the
 * store has acknowledged it.
 *
 * @module
 */
import { DuckdbSink } from "../../../engine/sink/duckdb_sink.ts";
import { fired, TAXI } from "./windows.ts";

/** Rows of each window. */
export const ROWS = 500;
/** An end, should nobody kill it. */
const BATCHES_MAX = 10_000;

const FILE = process.argv[2];

function window(index: number, value: number) {
  return fired(TAXI, {
    queryIndex: 0,
    windowStartMs: index * 600_000,
    rows: Array.from({ length: ROWS }, (_, i) => ({
      key: [`dr${i.toString().padStart(4, "0")}`],
      count: value,
      accumulators: [],
    })),
  });
}

async function main(file: string): Promise<void> {
  const sink = new DuckdbSink({ file, plan: TAXI });
  await sink.open();
  for (let batch = 1; batch <= BATCHES_MAX; batch++) {
    await sink.write([window(batch, batch), window(0, batch)]);
    process.send?.(batch);
  }
  await sink.close();
}

if (FILE !== undefined && process.send !== undefined) await main(FILE);

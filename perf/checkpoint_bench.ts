/**
 * What a checkpoint costs the coordinator's thread: open windows with 50,000
 * keys, copied, encoded and saved to a directory. The goal is less than 50 ms
 * of the main thread; it fails when the median is not.
 *
 * Run: `npm run build && node dist/perf/checkpoint_bench.js`
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Checkpoint } from "../engine/checkpoint/checkpoint.ts";
import { encodeCheckpoint } from "../engine/checkpoint/checkpoint_codec.ts";
import { DirectoryObjects } from "../engine/checkpoint/directory_objects.ts";
import { WindowStore } from "../engine/coordinator/window_store.ts";
import { planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import { packTallies } from "../engine/tally/tally_columns.ts";
import { TallyTable } from "../engine/tally/tally_table_kernel.ts";

const KEYS = 50_000;
const WINDOWS = 10;
const WINDOW_MS = 600_000;
const ROUNDS = 30;
const MAIN_THREAD_MS_MAX = 50;

/** A store with that many open keys of the first query. */
function filledStore(): WindowStore {
  const plan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));
  const store = new WindowStore(plan);
  for (let window = 0; window < WINDOWS; window++) {
    const queryIndex = window % plan.queries.length;
    const accumulators = plan.queries[queryIndex]?.accumulators ?? [];
    const columns = new TallyTable(accumulators);
    for (let key = 0; key < KEYS / WINDOWS; key++) {
      columns.counts[columns.entryOf(key * 7919, key)] = key;
    }
    const windowStartMs = window * WINDOW_MS;
    store.merge(
      packTallies([{ queryIndex, windowStartMs, columns, firstTallied: 0 }]),
    );
  }
  return store;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const store = filledStore();
const folder = mkdtempSync(join(tmpdir(), "flagdrop-bench-"));
const objects = new DirectoryObjects(folder);
const copies: number[] = [];
const encodings: number[] = [];
const saves: number[] = [];
let bytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  const windows = store.snapshot();
  const copiedMs = performance.now();
  const encoded = encodeCheckpoint({
    number: round,
    merger: { windows },
  } as unknown as Checkpoint);
  const encodedMs = performance.now();
  await objects.put("checkpoint.fdc", encoded);
  bytes = encoded.length;
  copies.push(copiedMs - startMs);
  encodings.push(encodedMs - copiedMs);
  saves.push(performance.now() - encodedMs);
}
rmSync(folder, { recursive: true });
const mainThread = copies.map((copy, i) => copy + (encodings[i] ?? 0));
if (median(mainThread) >= MAIN_THREAD_MS_MAX) process.exitCode = 1;
console.log(
  [
    `${store.keyCount} open keys in ${store.windowCount} windows: ${(bytes / 1024 ** 2).toFixed(2)} MiB`,
    `copy ${median(copies).toFixed(2)} ms, encode ${median(encodings).toFixed(2)} ms`,
    `main thread ${median(mainThread).toFixed(2)} ms (at most ${Math.max(...mainThread).toFixed(2)} ms)`,
    `write and sync ${median(saves).toFixed(2)} ms, off the thread`,
  ].join("\n"),
);

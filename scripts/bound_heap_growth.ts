/**
 * Keeps the heaps of all threads from growing by garbage.
 *
 * What is alive in a thread is 9 to 15 MB, and most of a flush dies young. V8
 * gives garbage room as long as there is memory: at full rate it takes longer
 * than ten minutes until that ends, and looks like a leak.
 *
 * The young generation grows, 2 MB at a time doubled, when much of it is alive
 * at a collection, to 32 MB a thread and on Node 24 to 128; 8 are enough: more
 * of them cost no less CPU time, and leave the processor's cache. What was in
 * hand at two collections is promoted, some MB a minute, with the buffers that
 * hang on it; the old generation may grow to four times what was alive before
 * V8 looks there again. A collection takes some 20 ms, most of it beside the
 * thread, and now comes every minute or two.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import type { Worker } from "node:worker_threads";

/** How much an old generation may grow between two of its collections. */
const GROWTH_PERCENT = 50;

/** Half of a young generation, in MiB: it is kept twice. */
const SEMI_SPACE_MIB = 4;

/**
 * V8 takes it for a mistake and sets it to two whenever a thread starts: so it
 * has to be said again behind each start (`Heap::ConfigureHeap` in V8's source).
 */
function stopYoungGrowth(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * For the whole process, threads that are started later too; so it is the
 * program's to say and not the engine's. The calling thread's young generation
 * is there already, with 1 or 2 MiB, and may double while a thread starts.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MIB}`);
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
  stopYoungGrowth();
  process.on("worker", (worker: Worker) => {
    worker.once("online", stopYoungGrowth);
  });
}

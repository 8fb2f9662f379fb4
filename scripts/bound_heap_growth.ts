/**
 * Keeps the heaps of all threads from growing by garbage.
 *
 * What is alive in a thread is 9 to 15 MB, and most of a flush dies young. What
 * was in hand at two collections of the young generation is promoted, some MB a
 * minute, with the buffers that hang on it. V8 lets the old generation grow to
 * four times what was alive before it looks there again, where there is memory
 * enough: at full rate that takes longer than ten minutes, looks like a leak,
 * and costs 100 MB. A collection takes some 20 ms, most of it beside the thread,
 * and now comes every minute or two.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";

/** How much a heap may grow between two collections of the old generation. */
const GROWTH_PERCENT = 50;

/**
 * For the whole process, threads that are started later too; so it is the
 * program's to say and not the engine's.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** Windows of the taxi job with as many documents as a test needs. */
import type { FiredWindow } from "../../engine/sink/sink.ts";
import { TAXI } from "../engine/sink/windows.ts";

const WINDOW_MS = 600_000;
const START_MS = 1_451_606_400_000;

/** Windows of pickups, each with so many documents; the same for the same. */
export function syntheticWindows(
  first: number,
  windows: number,
  rowCount: number,
): FiredWindow[] {
  const [query] = TAXI.queries;
  if (query === undefined) throw new RangeError("no query");
  return Array.from({ length: windows }, (_, k) => {
    const windowStartMs = START_MS + (first + k) * WINDOW_MS;
    const words = Uint32Array.from(
      { length: rowCount },
      (_, row) => 0x1900_0000 + row * 769,
    );
    return {
      query,
      windowStartMs,
      timestampMs: windowStartMs + WINDOW_MS - 1,
      rowCount,
      word0: words,
      word1: new Uint32Array(rowCount),
      counts: Float64Array.from(words, (word) => 2 + (word % 97)),
      accumulators: [],
    };
  });
}

/**
 * What a cluster has of some windows once it has refused some documents.
 *
 * @module
 */
import { keyTexts } from "../key_text.ts";
import type { DeadLetter, FiredWindow } from "../sink.ts";
import type { IndexPlan } from "./index_plan.ts";

/** A refused document: the index it was for, and its own fields. */
function refusedDocument({ bytes }: DeadLetter) {
  const [action = "", source = ""] = Buffer.from(bytes)
    .toString("utf8")
    .split("\n");
  const { index } = JSON.parse(action) as { index: { _index: string } };
  const fields = JSON.parse(source) as Record<string, unknown>;
  return { index: index._index, fields };
}

/** A window of which only some rows are left. */
function withRows(window: FiredWindow, rows: readonly number[]): FiredWindow {
  const { word0, word1, counts, accumulators } = window;
  const doubles = (column: Float64Array) =>
    Float64Array.from(rows, (row) => column[row] ?? 0);
  return {
    ...window,
    rowCount: rows.length,
    word0: Uint32Array.from(rows, (row) => word0[row] ?? 0),
    word1: Uint32Array.from(rows, (row) => word1[row] ?? 0),
    counts: doubles(counts),
    accumulators: accumulators.map(doubles),
  };
}

/**
 * Leaves out the rows whose documents were refused. Documents are told by
 * index, time and key, as they may have been sent without ids.
 *
 * @param letters What was refused of these windows.
 */
export function takenWindows(
  windows: readonly FiredWindow[],
  letters: readonly DeadLetter[],
  indexPlan: IndexPlan,
): readonly FiredWindow[] {
  if (letters.length === 0) return windows;
  const refused = letters.map(refusedDocument);
  const keysByWindow = new Map<string, Set<string>>();
  return windows.map((window) => {
    const { query, timestampMs } = window;
    const index = indexPlan.indexOf(query, timestampMs);
    const name = `${index}|${timestampMs}`;
    let keys = keysByWindow.get(name);
    if (keys === undefined) {
      keys = new Set(
        refused
          .filter(
            (one) =>
              one.index === index && one.fields["timestamp"] === timestampMs,
          )
          .map(({ fields }) => query.key.map(({ as }) => fields[as]).join("|")),
      );
      keysByWindow.set(name, keys);
    }
    if (keys.size === 0) return window;
    const rows: number[] = [];
    for (let row = 0; row < window.rowCount; row++) {
      const words = {
        word0: window.word0[row] ?? 0,
        word1: window.word1[row] ?? 0,
      };
      if (!keys.has(keyTexts(query, words).join("|"))) rows.push(row);
    }
    return withRows(window, rows);
  });
}

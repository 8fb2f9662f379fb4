/**
 * In what the documents of a contender differ from those that there must be.
 *
 * @module
 */

/** Documents, by id: their members as text. */
export type Documents = ReadonlyMap<string, string>;

/** How many differ, and in which windows. */
export interface DocumentDifference {
  readonly missing: number;
  /** Under the id of one that there must be, with other values. */
  readonly other: number;
  /** Under an id that there must not be. */
  readonly added: number;
  /** Timestamps of the windows with a difference, epoch ms, ascending. */
  readonly windowsMs: readonly number[];
}

/** Ids are `query|timestamp|key…`. */
function windowOf(id: string): number {
  return Number(id.split("|")[1]);
}

/** Compares documents with those that there must be. */
export function differenceOf(
  found: Documents,
  wanted: Documents,
): DocumentDifference {
  const missing = [...wanted.keys()].filter((id) => !found.has(id));
  const added = [...found.keys()].filter((id) => !wanted.has(id));
  const other = [...wanted].flatMap(([id, members]) =>
    found.has(id) && found.get(id) !== members ? [id] : [],
  );
  const windows = new Set([...missing, ...added, ...other].map(windowOf));
  return {
    missing: missing.length,
    other: other.length,
    added: added.length,
    windowsMs: [...windows].sort((a, b) => a - b),
  };
}

/** Whether nothing differs. */
export function isSame({ windowsMs }: DocumentDifference): boolean {
  return windowsMs.length === 0;
}

/**
 * A difference in one line.
 *
 * @param lateRecords That Flink's windows dropped, where that is known.
 */
export function differenceText(
  { missing, other, added, windowsMs }: DocumentDifference,
  lateRecords?: number,
): string {
  const times = windowsMs.map((ms) => new Date(ms + 1).toISOString());
  const late =
    lateRecords === undefined
      ? ""
      : `: Flink's windows dropped ${lateRecords} records as late`;
  return `${missing} documents missing, ${other} with other values, ${added} added, in ${times.length} windows (ends ${times[0]} to ${times.at(-1)})${late}`;
}

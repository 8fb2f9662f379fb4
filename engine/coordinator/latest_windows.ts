/**
 * The newest fired window of each query, summed up for the live view.
 *
 * @module
 */
import type { JobPlan, KeyPartPlan, QueryPlan } from "../job/plan.ts";
import { correctedWindow } from "../sink/corrected_window.ts";
import { type KeyWords, keyPartText } from "../sink/key_text.ts";
import type { FiredWindow } from "../sink/sink.ts";
import type { LatestStatus, TopStatus } from "../status/status.ts";

/** Keys shown of a window. */
const TOP_COUNT = 10;

/** Remembers the newest window with documents of each query. */
export class LatestWindows {
  readonly #plan: JobPlan;
  readonly #latest = new Map<number, FiredWindow>();

  constructor(plan: JobPlan) {
    this.#plan = plan;
  }

  /** Takes a fired window with at least one document. */
  add(window: FiredWindow): void {
    const known = this.#latest.get(window.query.index);
    if (known === undefined || known.timestampMs <= window.timestampMs) {
      this.#latest.set(window.query.index, window);
    }
  }

  /** Takes documents that late events have changed, if they are of the newest. */
  correct(change: FiredWindow): void {
    const known = this.#latest.get(change.query.index);
    if (known?.timestampMs !== change.timestampMs) this.add(change);
    else this.#latest.set(change.query.index, correctedWindow(known, change));
  }

  /** The newest windows, in the order of the queries. */
  status(): LatestStatus[] {
    return this.#plan.queries.flatMap((query) => {
      const window = this.#latest.get(query.index);
      if (window === undefined) return [];
      return [
        {
          query: query.name,
          timestampMs: window.timestampMs,
          documents: window.rowCount,
          top: topOf(window),
          averageByZone: averageByZone(window),
        },
      ];
    });
  }
}

function wordsOf(window: FiredWindow, row: number): KeyWords {
  return { word0: window.word0[row] ?? 0, word1: window.word1[row] ?? 0 };
}

function topOf(window: FiredWindow): TopStatus[] {
  const rows: number[] = [];
  const countOf = (row: number) => window.counts[row] ?? 0;
  for (let row = 0; row < window.rowCount; row++) {
    const least = rows.at(-1);
    const isFull = rows.length === TOP_COUNT;
    if (isFull && least !== undefined && countOf(row) <= countOf(least)) {
      continue;
    }
    rows.push(row);
    rows.sort((a, b) => countOf(b) - countOf(a));
    if (rows.length > TOP_COUNT) rows.pop();
  }
  return rows.map((row) => ({
    key: Object.fromEntries(
      window.query.key.map((part) => [
        part.as,
        keyPartText(part, wordsOf(window, row)),
      ]),
    ),
    count: countOf(row),
  }));
}

/** The first zone part and average of a query, if it has both. */
function zoneAverage(
  query: QueryPlan,
): { part: KeyPartPlan; accumulator: number } | undefined {
  const part = query.key.find(({ type }) => type === "zone");
  const measure = query.measures.find(({ type }) => type === "avg");
  return part === undefined || measure === undefined || measure.type === "count"
    ? undefined
    : { part, accumulator: measure.accumulator };
}

function averageByZone(window: FiredWindow): Record<string, number> {
  const wanted = zoneAverage(window.query);
  if (wanted === undefined) return {};
  const totals = new Map<string, { sum: number; count: number }>();
  for (let row = 0; row < window.rowCount; row++) {
    const zone = keyPartText(wanted.part, wordsOf(window, row));
    const total = totals.get(zone) ?? { sum: 0, count: 0 };
    total.sum += window.accumulators[wanted.accumulator]?.[row] ?? 0;
    total.count += window.counts[row] ?? 0;
    totals.set(zone, total);
  }
  return Object.fromEntries(
    [...totals].map(([zone, { sum, count }]) => [zone, sum / count]),
  );
}

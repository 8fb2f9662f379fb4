/**
 * What the page asks its server.
 *
 * @module
 */
import type { LogProblem } from "../../log.ts";
import type { ResultSchema } from "../../results/result_schema.ts";
import type {
  CellsAnswer,
  EventTimeRange,
  SeriesLine,
} from "../../results/results.ts";
import type { ShownLetter } from "../recent_letters.ts";

/** The job, and what is kept of it. */
export interface Schema extends ResultSchema {
  readonly isKept: boolean;
  readonly extent: EventTimeRange | null;
}

/** What the job view shows beside the status. */
export interface JobDetails {
  readonly config: Readonly<Record<string, string>>;
  readonly actions: readonly string[];
  readonly isReadOnly: boolean;
  /** Address of raster tiles for the map, if any are to be shown. */
  readonly tiles: string | null;
  /** What stands on the map about them. */
  readonly tilesCredit: string | null;
  readonly problems: readonly LogProblem[];
  readonly deadLetters: readonly ShownLetter[];
}

/** The server refused, or can't be reached. */
export class ApiError extends Error {
  /** HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function answerOf<T>(answer: Response): Promise<T> {
  const body = (await answer.json().catch(() => ({}))) as {
    readonly error?: string;
  };
  if (answer.ok) return body as T;
  throw new ApiError(answer.status, body.error ?? `Error ${answer.status}`);
}

/** Asks for JSON. */
export async function getJson<T>(
  path: string,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await answerOf<T>(
      await fetch(path, signal === undefined ? {} : { signal }),
    );
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted === true) throw error;
    throw new ApiError(0, "The server can't be reached");
  }
}

/** Asks for something to be done. */
export async function postJson<T>(path: string, body: object): Promise<T> {
  return await answerOf<T>(
    await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-flagdrop-action": "1" },
      body: JSON.stringify(body),
    }),
  );
}

/** Events by cell. */
export function getCells(
  choice: {
    readonly query: string;
    readonly range: EventTimeRange;
    readonly precision: number;
    readonly average?: string | undefined;
  },
  signal: AbortSignal,
): Promise<CellsAnswer> {
  const { query, range, precision, average } = choice;
  const search = new URLSearchParams({
    query,
    from: String(range.fromMs),
    to: String(range.toMs),
    precision: String(precision),
    ...(average !== undefined && { average }),
  });
  return getJson(`/api/results/cells?${search}`, signal);
}

/** Figures over time. */
export async function getSeries(
  choice: {
    readonly query: string;
    readonly range: EventTimeRange;
    readonly stepMs: number;
    readonly measure?: string | undefined;
    readonly cell?: string | undefined;
  },
  signal: AbortSignal,
): Promise<readonly SeriesLine[]> {
  const { query, range, stepMs, measure, cell } = choice;
  const search = new URLSearchParams({
    query,
    from: String(range.fromMs),
    to: String(range.toMs),
    step: String(stepMs),
    ...(measure !== undefined && { measure }),
    ...(cell !== undefined && { cell }),
  });
  const { lines } = await getJson<{ lines: readonly SeriesLine[] }>(
    `/api/results/series?${search}`,
    signal,
  );
  return lines;
}

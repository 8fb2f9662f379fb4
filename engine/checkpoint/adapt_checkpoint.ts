/**
 * Makes a checkpoint of a job one of the changed job: unchanged queries keep
 * their windows, new and changed ones start at a whole window, those that are
 * gone lose theirs.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import { type JobPlan, NO_QUERY } from "../job/plan.ts";
import type { QueryHash } from "../job/query_hashes.ts";
import type { CountsDelta, FlushedTallies } from "../messages.ts";
import type { Checkpoint, SinkPosition, WindowArrival } from "./checkpoint.ts";

/** The job that a checkpoint is adapted to. */
export interface ChangedJob {
  readonly plan: JobPlan;
  readonly queries: readonly QueryHash[];
}

/** An adapted checkpoint, and what became of the queries, by name. */
export interface Adapted {
  readonly checkpoint: Checkpoint;
  readonly kept: readonly string[];
  /** New or changed; they start at a whole window. */
  readonly begun: readonly string[];
  /** Gone or changed; their open windows are dropped. */
  readonly dropped: readonly string[];
}

/** The new index of each old query, -1 for none. */
type Mapping = readonly number[];

function mapped(tallies: FlushedTallies, mapping: Mapping): FlushedTallies {
  const sections = tallies.sections.flatMap((section) => {
    const queryIndex = mapping[section.queryIndex] ?? -1;
    return queryIndex < 0 ? [] : [{ ...section, queryIndex }];
  });
  return { sections, buffer: tallies.buffer };
}

function mappedArrivals(
  arrivals: readonly WindowArrival[] = [],
  mapping: Mapping,
): WindowArrival[] {
  return arrivals.flatMap((arrival) => {
    const queryIndex = mapping[arrival.queryIndex] ?? -1;
    return queryIndex < 0 ? [] : [{ ...arrival, queryIndex }];
  });
}

/** Documents that wait for a sink can't be written without their query. */
function mappedSink(
  sink: SinkPosition,
  mapping: Mapping,
  queries: readonly QueryHash[],
): SinkPosition {
  for (const { queryIndex, rowCount } of sink.pending.sections) {
    if ((mapping[queryIndex] ?? -1) >= 0 || rowCount === 0) continue;
    throw new FlagdropError(
      "FD_STORE",
      `Cannot adapt the checkpoint to the changed job as documents of query "${queries[queryIndex]?.name}" still wait for ${sink.name}: run the old job once more and stop it with SIGTERM`,
      { domain: "user" },
    );
  }
  return { ...sink, pending: mapped(sink.pending, mapping) };
}

/** Counts by the new job's reasons; those of filters that are gone stay. */
function mappedCounts(
  counts: CountsDelta,
  before: readonly string[],
  after: readonly string[],
): CountsDelta {
  const filtered = after.map(() => 0);
  for (const [i, count] of counts.filtered.entries()) {
    const index = after.indexOf(before[i] ?? "");
    const to = index < 0 ? NO_QUERY : index;
    filtered[to] = (filtered[to] ?? 0) + count;
  }
  return { ...counts, filtered };
}

/**
 * From when on no event has been read: the end of the latest window that any
 * query has, and no watermark is later.
 */
function unreadFromMs({ merger, input, queries }: Checkpoint): number {
  const ends = merger.windows.sections.map(
    ({ queryIndex, windowStartMs }) =>
      windowStartMs + (queries[queryIndex]?.windowMs ?? 0),
  );
  const watermarks =
    input.type === "files"
      ? [input.watermarkMs]
      : input.shards.map(({ watermarkMs }) => watermarkMs);
  return Math.max(merger.watermarkMs, ...ends, ...watermarks);
}

/**
 * Adapts a checkpoint.
 *
 * @throws {FlagdropError} `FD_STORE` when documents of a query that is gone
 * still wait for a sink.
 */
export function adaptCheckpoint(
  checkpoint: Checkpoint,
  { plan, queries }: ChangedJob,
): Adapted {
  const { merger } = checkpoint;
  const mapping = checkpoint.queries.map((old) =>
    queries.findIndex(
      ({ name, hash }) => name === old.name && hash === old.hash,
    ),
  );
  const wholeFromMs = queries.map((_, index) => {
    const before = mapping.indexOf(index);
    if (before >= 0)
      return merger.wholeFromMs[before] ?? Number.NEGATIVE_INFINITY;
    return unreadFromMs(checkpoint);
  });
  const nameOf = ({ name }: QueryHash) => name;
  return {
    checkpoint: {
      ...checkpoint,
      jobName: plan.name,
      jobHash: plan.hash,
      queries: queries.map((query, i) => ({
        ...query,
        windowMs: plan.queries[i]?.windowMs ?? 0,
      })),
      filterReasons: plan.filterReasons,
      merger: {
        ...merger,
        counts: mappedCounts(
          merger.counts,
          checkpoint.filterReasons,
          plan.filterReasons,
        ),
        windows: mapped(merger.windows, mapping),
        windowArrivals: mappedArrivals(merger.windowArrivals, mapping),
        wholeFromMs,
        sinks: merger.sinks.map((sink) =>
          mappedSink(sink, mapping, checkpoint.queries),
        ),
      },
    },
    kept: queries.filter((_, i) => mapping.includes(i)).map(nameOf),
    begun: queries.filter((_, i) => !mapping.includes(i)).map(nameOf),
    dropped: checkpoint.queries.filter((_, i) => mapping[i] === -1).map(nameOf),
  };
}

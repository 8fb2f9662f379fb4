/**
 * What a job's results can be asked for, by the names that the job gave.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import type {
  GeohashPartPlan,
  JobPlan,
  KeyBits,
  MeasurePlan,
  QueryPlan,
  ZonePartPlan,
} from "../job/plan.ts";
import type { ZoneSpec } from "../job/spec.ts";
import { CELL_PRECISION_MAX } from "./limits.ts";

/** One query as a page sees it. */
export interface QuerySchema {
  readonly name: string;
  readonly windowMs: number;
  /** Characters of its cells that can be asked for; 0 without cells. */
  readonly precision: number;
  /** Zones of its key, in order; empty without. */
  readonly zones: readonly string[];
  readonly measures: readonly {
    readonly as: string;
    readonly type: MeasurePlan["type"];
    /** Whether it is of minutes between two times. */
    readonly isMinutes: boolean;
  }[];
}

/** A job as a page sees it. */
export interface ResultSchema {
  readonly job: string;
  readonly queries: readonly QuerySchema[];
  readonly zones: Readonly<Record<string, ZoneSpec>>;
}

/** The part of a query's key that places it on a map. */
function cellPart({ key }: QueryPlan): GeohashPartPlan | undefined {
  return key.find((part) => part.type === "geohash");
}

/** The part of a query's key that names a zone. */
export function zonePart({ key }: QueryPlan): ZonePartPlan | undefined {
  return key.find((part) => part.type === "zone");
}

/** Describes a job. */
export function resultSchema(plan: JobPlan): ResultSchema {
  return {
    job: plan.name,
    zones: plan.zones,
    queries: plan.queries.map((query) => ({
      name: query.name,
      windowMs: query.windowMs,
      precision: Math.min(cellPart(query)?.precision ?? 0, CELL_PRECISION_MAX),
      zones: zonePart(query)?.zones ?? [],
      measures: query.measures.map((measure) => ({
        as: measure.as,
        type: measure.type,
        isMinutes:
          measure.type !== "count" &&
          query.accumulators[measure.accumulator]?.value.type === "minutes",
      })),
    })),
  };
}

function unknown(what: string, name: string, known: readonly string[]) {
  return new FlagdropError(
    "FD_OPTION",
    `Cannot find ${what} "${name}": there are ${known.join(", ") || "none"}`,
    { domain: "user" },
  );
}

/**
 * A query by its name.
 *
 * @throws {FlagdropError} `FD_OPTION`, listing the names there are.
 */
export function queryNamed(plan: JobPlan, name: string): QueryPlan {
  const query = plan.queries.find((one) => one.name === name);
  if (query !== undefined) return query;
  const names = plan.queries.map((one) => one.name);
  throw unknown("query", name, names);
}

/**
 * A measure by its output name; undefined stands for the number of events.
 *
 * @throws {FlagdropError} `FD_OPTION`, listing the names there are.
 */
export function measureNamed(
  { measures }: QueryPlan,
  name: string | undefined,
): MeasurePlan {
  if (name === undefined) return { as: "count", type: "count" };
  const measure = measures.find(({ as }) => as === name);
  if (measure !== undefined) return measure;
  const names = measures.map(({ as }) => as);
  throw unknown("measure", name, names);
}

/** The accumulator of an average. */
export interface AverageMeasure {
  readonly as: string;
  readonly type: "avg";
  readonly accumulator: number;
}

/**
 * An average by its output name; undefined when none is asked for.
 *
 * @throws {FlagdropError} `FD_OPTION`, listing the averages there are.
 */
export function averageNamed(
  query: QueryPlan,
  name: string | undefined,
): AverageMeasure | undefined {
  if (name === undefined) return undefined;
  for (const { as, ...measure } of query.measures) {
    if (measure.type !== "avg" || as !== name) continue;
    return { as, type: "avg", accumulator: measure.accumulator };
  }
  const all = query.measures.filter(({ type }) => type === "avg");
  throw unknown(
    "average",
    name,
    all.map(({ as }) => as),
  );
}

/**
 * The cells of a query at a precision.
 *
 * @throws {FlagdropError} `FD_OPTION` when it has none that fine.
 */
export function cellPartFor(
  query: QueryPlan,
  precision: number,
): GeohashPartPlan {
  const part = cellPart(query);
  const max = Math.min(part?.precision ?? 0, CELL_PRECISION_MAX);
  if (part !== undefined && precision <= max) return part;
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot tell cells of ${precision} characters of query "${query.name}": it has ${max}`,
    { domain: "user" },
  );
}

/**
 * Where a key holds the cell's first characters: the highest of its bits.
 *
 * @param precision Characters wanted, at most the part's own.
 */
export function cellBits(part: GeohashPartPlan, precision: number): KeyBits {
  const [piece = { word: 0, shift: 0, bits: 30 }] = part.bits;
  const bits = precision * 5;
  return { word: piece.word, shift: piece.shift + piece.bits - bits, bits };
}

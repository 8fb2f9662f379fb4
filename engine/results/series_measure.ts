/**
 * A measure of many documents together, as OpenSearch aggregations.
 *
 * @module
 */
import type { QueryPlan } from "../job/plan.ts";
import { countFieldOf } from "../sink/opensearch/index_plan.ts";
import { measureNamed } from "./result_schema.ts";

/** What was asked of some documents together. */
export interface MeasureBucket {
  /** Its events. */
  readonly n: { readonly value: number };
  readonly v?: { readonly value: number };
}

/** One point in time. */
export interface SeriesBucket extends MeasureBucket {
  /** Its start, epoch ms. */
  readonly key: number;
}

/** How a measure is asked for, and read. */
export interface SeriesMeasure {
  readonly aggs: Readonly<Record<string, unknown>>;
  readonly read: (bucket: MeasureBucket) => number;
}

/**
 * Asks for a measure of a query.
 *
 * @param name Undefined stands for the number of events.
 * @throws {FlagdropError} `FD_OPTION` when there is none by that name.
 */
export function seriesMeasure(
  query: QueryPlan,
  name: string | undefined,
): SeriesMeasure {
  const measure = measureNamed(query, name);
  if (measure.type === "count") {
    return { aggs: {}, read: ({ n }) => n.value };
  }
  const { as: field, type, accumulator } = measure;
  const read = ({ v }: MeasureBucket) => v?.value ?? 0;
  if (type !== "avg") return { aggs: { v: { [type]: { field } } }, read };
  const sum = query.measures.find(
    (one) => one.type === "sum" && one.accumulator === accumulator,
  );
  if (sum !== undefined) {
    return {
      aggs: { v: { sum: { field: sum.as } } },
      read: (bucket) => read(bucket) / bucket.n.value,
    };
  }
  // The sum is in no field: means of means, each with the weight of its events.
  const weight = { field: countFieldOf(query) };
  return {
    aggs: { v: { weighted_avg: { value: { field }, weight } } },
    read,
  };
}

/**
 * Names and mappings of the indices that a job's documents go to, and what a
 * document's bulk item looks like.
 *
 * @module
 */
import { FlagdropError } from "../../errors.ts";
import type { JobPlan, QueryPlan } from "../../job/plan.ts";
import type { LineForm, LineForms } from "../document_kernel.ts";
import type { IndexTime, OpensearchSettings } from "./opensearch_settings.ts";

/** The event count of documents that don't tell it; not in their source. */
export const COUNT_FIELD = "event_count";

/**
 * The query's name, which our documents don't have beside their id. Those of
 * the same job on Flink do, as its connector writes every part of an id.
 */
export const QUERY_FIELD = "query";

/** The keyword field that holds a geohash part as it is. */
export function cellField(as: string): string {
  return `${as}_cell`;
}

/** The field that holds how many events a document stands for. */
export function countFieldOf({ measures }: QueryPlan): string {
  return measures.find(({ type }) => type === "count")?.as ?? COUNT_FIELD;
}

/** One field's mapping. */
export interface FieldMapping {
  readonly type: string;
  readonly copy_to?: readonly string[];
}

/** An index's mapping. */
export interface IndexMapping {
  readonly dynamic: "strict";
  readonly _meta: Readonly<Record<string, unknown>>;
  readonly _source?: { readonly excludes: readonly string[] };
  readonly properties: Readonly<Record<string, FieldMapping>>;
}

/** Version of what `_meta` holds. */
export const META_VERSION = 1;

const TIME_LENGTH: Readonly<Record<IndexTime, number>> = {
  none: 0,
  year: 4,
  month: 7,
  day: 10,
};

/** How the job's documents lie in a cluster. */
export interface IndexPlan {
  /** The name without a time. */
  baseOf(query: QueryPlan): string;
  /** The index of a document. */
  indexOf(query: QueryPlan, timestampMs: number): string;
  /** Names to search a query's documents by. */
  searchName(query: QueryPlan): string;
  mappingOf(query: QueryPlan): IndexMapping;
  readonly lineForm: LineForms;
}

function fieldsOf(query: QueryPlan): [string, FieldMapping][] {
  return [
    ["timestamp", { type: "date" }],
    [QUERY_FIELD, { type: "keyword" }],
    ...query.key.flatMap(({ as, type }): [string, FieldMapping][] =>
      type === "zone"
        ? [[as, { type: "keyword" }]]
        : [
            [as, { type: "geo_point", copy_to: [cellField(as)] }],
            [cellField(as), { type: "keyword" }],
          ],
    ),
    ...query.measures.map(({ as, type }): [string, FieldMapping] => [
      as,
      { type: type === "count" ? "long" : "double" },
    ]),
    ...(countFieldOf(query) === COUNT_FIELD
      ? [[COUNT_FIELD, { type: "long" }] as [string, FieldMapping]]
      : []),
  ];
}

function checkNames(query: QueryPlan, base: string): void {
  const names = fieldsOf(query).map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot write query "${query.name}" to OpenSearch as it would have field "${twice}" twice: give its key part or measure another name`,
      { domain: "user" },
    );
  }
  if (/^[a-z0-9][a-z0-9._-]*$/.test(base) && base.length <= 200) return;
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot name an index "${base}": use lower-case letters, digits, ".", "_" and "-" in --opensearch-index and the job's query names`,
    { domain: "user" },
  );
}

/** `2016.01.31`, cut to what the name of an index has of it. */
function timeSuffix(timestampMs: number, indexTime: IndexTime): string {
  if (indexTime === "none") return "";
  const day = new Date(timestampMs).toISOString().slice(0, 10);
  return `-${day.replaceAll("-", ".").slice(0, TIME_LENGTH[indexTime])}`;
}

/**
 * Plans the indices of a job.
 *
 * @throws {FlagdropError} `FD_OPTION` when a name can't be used.
 */
export function planIndices(
  plan: JobPlan,
  settings: Pick<
    OpensearchSettings,
    "indexPrefix" | "indexTime" | "hasIds" | "emitsEarly"
  >,
): IndexPlan {
  const { indexPrefix, indexTime, hasIds } = settings;
  // A version for documents that are written again with more events.
  const hasVersions = plan.allowedLatenessMs > 0 || settings.emitsEarly;
  const baseOf = ({ name }: QueryPlan) => `${indexPrefix}-${name}`;
  for (const query of plan.queries) checkNames(query, baseOf(query));
  if (!hasIds && hasVersions) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot use --opensearch-ids off with allowed lateness or --emit-early as later documents would stand beside earlier ones: use one of the two",
      { domain: "user" },
    );
  }
  const indexOf = (query: QueryPlan, timestampMs: number) =>
    `${baseOf(query)}${timeSuffix(timestampMs, indexTime)}`;
  const lineForm = (query: QueryPlan, timestampMs: number): LineForm => {
    const action = `{"index":{"_index":"${indexOf(query, timestampMs)}"`;
    const document = `}}\n{"timestamp":${timestampMs}`;
    const hidden = countFieldOf(query) === COUNT_FIELD;
    const countHead = hidden ? `,"${COUNT_FIELD}":` : undefined;
    if (!hasIds) {
      const documentHead = `${action}${document}`;
      return { idHead: undefined, documentHead, countHead };
    }
    const id = `,"_id":"${query.name}|${timestampMs}|`;
    const documentHead = `"${document}`;
    return hasVersions
      ? {
          versionHead: `${action},"version_type":"external_gte","version":`,
          idHead: id,
          documentHead,
          countHead,
        }
      : { idHead: `${action}${id}`, documentHead, countHead };
  };
  return {
    baseOf,
    indexOf,
    lineForm,
    searchName: (query) =>
      indexTime === "none" ? baseOf(query) : `${baseOf(query)}-*`,
    mappingOf: (query) => ({
      dynamic: "strict",
      _meta: {
        flagdrop: { version: META_VERSION, query: query.name, plan },
      },
      ...(countFieldOf(query) === COUNT_FIELD && {
        _source: { excludes: [COUNT_FIELD] },
      }),
      properties: Object.fromEntries(fieldsOf(query)),
    }),
  };
}

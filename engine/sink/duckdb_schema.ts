/**
 * The store's tables and views as SQL.
 *
 * Schema `flagdrop_internal` holds what is written: `meta`, `partitions`, and result
 * tables keyed by integers (timestamp and key words), since a text key gets
 * slower as it grows. Schema `main` holds one view per query with the documents
 * as users know them; ids, geohashes and averages are computed there.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import { BASE32 } from "../geo/geohash.ts";
import type {
  JobPlan,
  KeyBits,
  KeyPartPlan,
  MeasurePlan,
  QueryPlan,
} from "../job/plan.ts";
import { CHARACTER_BITS } from "./key_text.ts";

/** Raised with every change of tables or views. */
export const STORE_SCHEMA_VERSION = 1;

/** A name or text as SQL. */
function quoted(text: string, quote: '"' | "'"): string {
  return quote + text.replaceAll(quote, quote + quote) + quote;
}

/** A name as an SQL identifier. */
function identifier(name: string): string {
  return quoted(name, '"');
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return quoted(text, "'");
}

/** Name of the union of a query's tables. */
export function unionView(query: QueryPlan): string {
  return `flagdrop_internal.q${query.index}`;
}

/** A result table's full name. */
export function resultTable(table: string): string {
  return `flagdrop_internal.${identifier(table)}`;
}

/** Name of the temporary table that a query's rows are staged in. */
export function stageTable(query: QueryPlan): string {
  return `stage_q${query.index}`;
}

function accumulatorNames(query: QueryPlan): string[] {
  return query.accumulators.map((_, i) => `a${i}`);
}

/** Statements that make a new store; `meta` stays empty. */
export const CREATE_STORE: readonly string[] = [
  "CREATE SCHEMA flagdrop_internal",
  "CREATE TABLE flagdrop_internal.meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)",
  `CREATE TABLE flagdrop_internal.partitions (
    table_name VARCHAR PRIMARY KEY, query_index INTEGER NOT NULL,
    start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL)`,
];

/** Makes a table for a query's results. */
export function createResultTable(query: QueryPlan, table: string): string {
  const accumulators = accumulatorNames(query).map((a) => `, ${a} DOUBLE`);
  return `CREATE TABLE ${resultTable(table)} (ts BIGINT, w0 UINTEGER, w1 UINTEGER, n BIGINT${accumulators.join("")}, PRIMARY KEY (ts, w0, w1))`;
}

/**
 * Makes the table that rows are staged in. Its whole numbers are doubles,
 * which JavaScript's are as well; they are exact up to 2^53.
 */
export function createStageTable(query: QueryPlan): string {
  const accumulators = accumulatorNames(query).map((a) => `, ${a} DOUBLE`);
  return `CREATE TEMP TABLE ${stageTable(query)} (ts DOUBLE, w0 UINTEGER, w1 UINTEGER, n DOUBLE${accumulators.join("")})`;
}

/** Moves the staged rows of a range of timestamps into their table. */
export function upsertStaged(
  query: QueryPlan,
  to: {
    readonly table: string;
    readonly startMs: number;
    readonly endMs: number;
  },
): string {
  const columns = ["n", ...accumulatorNames(query)];
  const updates = columns.map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${resultTable(to.table)}
    SELECT * FROM ${stageTable(query)} WHERE ts >= ${to.startMs} AND ts < ${to.endMs}
    ON CONFLICT DO UPDATE SET ${updates.join(", ")}`;
}

/** Makes or replaces the union of a query's tables. */
export function createUnionView(
  query: QueryPlan,
  tables: readonly string[],
): string {
  const selects = tables.map((table) => `SELECT * FROM ${resultTable(table)}`);
  const accumulators = accumulatorNames(query).map(
    (a) => `, 0::DOUBLE AS ${a}`,
  );
  const none = `SELECT 0::BIGINT AS ts, 0::UINTEGER AS w0, 0::UINTEGER AS w1, 0::BIGINT AS n${accumulators.join("")} WHERE false`;
  return `CREATE OR REPLACE VIEW ${unionView(query)} AS ${selects.join(" UNION ALL ") || none}`;
}

function pieceTexts({ word, shift, bits }: KeyBits): string[] {
  const digits = [];
  for (let at = bits - CHARACTER_BITS; at >= 0; at -= CHARACTER_BITS) {
    digits.push(
      `substr('${BASE32}', ((w${word} >> ${shift + at}) & 31)::INTEGER + 1, 1)`,
    );
  }
  return digits;
}

function keyPartSql(part: KeyPartPlan): string {
  if (part.type === "geohash") {
    return part.bits.flatMap(pieceTexts).join(" || ");
  }
  const [{ word, shift, bits } = { word: 0, shift: 0, bits: 1 }] = part.bits;
  const index = `((w${word} >> ${shift}) & ${2 ** bits - 1})::INTEGER + 1`;
  return `[${part.zones.map(literal).join(", ")}][${index}]`;
}

function measureSql(measure: MeasurePlan): string {
  if (measure.type === "count") return "n";
  const column = `a${measure.accumulator}`;
  return measure.type === "avg" ? `${column} / n` : column;
}

/** Makes or replaces the view that shows a query's documents. */
export function createDocumentView(query: QueryPlan): string {
  const keys = query.key.map(({ as }) => identifier(as));
  const columns = [
    ...query.key.map((part) => `${keyPartSql(part)} AS ${identifier(part.as)}`),
    ...query.measures.map(
      (one) => `${measureSql(one)} AS ${identifier(one.as)}`,
    ),
  ];
  const id = [literal(query.name), "timestamp", ...keys].join(" || '|' || ");
  return `CREATE OR REPLACE VIEW main.${identifier(query.name)} AS
    SELECT ${id} AS _id, * FROM
    (SELECT ts AS timestamp, ${columns.join(", ")} FROM ${unionView(query)})`;
}

function differOnlyInCase(names: readonly string[]): string[] | undefined {
  const byLower = new Map<string, string>();
  for (const name of names) {
    const other = byLower.get(name.toLowerCase());
    if (other !== undefined && other !== name) return [other, name];
    byLower.set(name.toLowerCase(), name);
  }
  return undefined;
}

/**
 * Checks that the job's names can be names in SQL, where case counts for
 * nothing.
 *
 * @throws {FlagdropError} `FD_STORE`, naming the two names.
 */
export function checkNames(plan: JobPlan): void {
  const outputs = plan.queries.map(({ key, measures }) => [
    "timestamp",
    ...[...key, ...measures].map(({ as }) => as),
  ]);
  for (const names of [plan.queries.map(({ name }) => name), ...outputs]) {
    const pair = differOnlyInCase(names);
    if (pair === undefined) continue;
    throw new FlagdropError(
      "FD_STORE",
      `Cannot keep job "${plan.name}" in a DuckDB store as the names "${pair[0]}" and "${pair[1]}" differ only in case: rename one`,
      { domain: "user" },
    );
  }
}

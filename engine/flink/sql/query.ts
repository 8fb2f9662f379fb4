/**
 * A query: a view with its key and values for each event, one with its windows,
 * and the documents that come of them.
 *
 * @module
 */
import type { EventSpec, JobSpec, QuerySpec } from "../../job/spec.ts";
import { pointColumns } from "./events.ts";
import {
  columnExpression,
  geohashExpression,
  rowExpression,
} from "./geohash.ts";
import { eventView, keyedView, TIME_COLUMN, windowView } from "./names.ts";
import {
  indent,
  intervalLiteral,
  quoteName,
  quoteText,
  timestampLiteral,
} from "./text.ts";
import { epochMsOf } from "./time.ts";
import { inZone } from "./zone.ts";

type KeyPart = QuerySpec["key"][number];
type Measure = QuerySpec["measures"][number];
type Value = { field: string } | { minutesFrom: string; minutesTo: string };

/** Multiples to which summed fields are rounded, as the workers do. */
const SUM_GRID = 2 ** 20;

/** The column of a window's number of events. */
export const EVENT_COUNT = quoteName("event count");

/** A column of a query's documents. */
export interface DocumentColumn {
  readonly name: string;
  readonly type: string;
  /** In terms of the columns of the windows' view. */
  readonly expression: string;
}

function eventOf(spec: JobSpec, query: QuerySpec): EventSpec {
  const event = spec.events[query.event];
  if (event === undefined)
    throw new RangeError(`Cannot find event "${query.event}"`);
  return event;
}

const rowName = ({ as }: KeyPart) => quoteName(`${as} row`);
const columnName = ({ as }: KeyPart) => quoteName(`${as} column`);

/** The columns that a part of the key is grouped by. */
function groupColumns(part: KeyPart): string[] {
  return "geohash" in part
    ? [rowName(part), columnName(part)]
    : [quoteName(part.as)];
}

function keyExpressions(
  spec: JobSpec,
  event: EventSpec,
  part: KeyPart,
): string[] {
  if ("geohash" in part) {
    const { latitude, longitude } = pointColumns(event, part.geohash);
    const { precision } = part;
    return [
      `${rowExpression(latitude, precision)} AS ${rowName(part)}`,
      `${columnExpression(longitude, precision)} AS ${columnName(part)}`,
    ];
  }
  const point = pointColumns(event, part.zoneOf);
  const cases = part.inZones.map((name) => {
    const zone = spec.zones[name];
    if (zone === undefined) throw new RangeError(`Cannot find zone "${name}"`);
    return `WHEN ${inZone(point, zone)} THEN ${quoteText(name)}`;
  });
  return [`CASE\n${indent(cases.join("\n"))}\nEND AS ${quoteName(part.as)}`];
}

function measuredValue(measure: Measure): Value | undefined {
  if ("count" in measure) return undefined;
  if ("sum" in measure) return measure.sum;
  if ("avg" in measure) return measure.avg;
  return "min" in measure ? measure.min : measure.max;
}

/** What an event adds to a measure. */
function valueExpression(value: Value, measure: Measure): string {
  if ("minutesFrom" in value) {
    const [from, to] = [value.minutesFrom, value.minutesTo].map(quoteName);
    return `CAST(TIMESTAMPDIFF(MINUTE, ${from}, ${to}) AS BIGINT)`;
  }
  const field = quoteName(value.field);
  const isSummed = "sum" in measure || "avg" in measure;
  // Whole multiples of 2^-20: sums of them don't depend on the order.
  return isSummed
    ? `CAST(FLOOR(${field} * ${SUM_GRID}E0 + 0.5E0) AS BIGINT)`
    : field;
}

/** The values of a query, each once however many measures take it. */
function valuesOf(query: QuerySpec): string[] {
  const texts = query.measures.flatMap((measure) => {
    const value = measuredValue(measure);
    return value === undefined ? [] : [valueExpression(value, measure)];
  });
  return [...new Set(texts)];
}

function valueColumn(query: QuerySpec, measure: Measure, value: Value): string {
  const text = valueExpression(value, measure);
  return quoteName(`value ${valuesOf(query).indexOf(text) + 1}`);
}

/** The measure's value and type, of a group of rows. */
function aggregate(
  query: QuerySpec,
  measure: Measure,
): { text: string; type: string } {
  const value = measuredValue(measure);
  if (value === undefined) return { text: "COUNT(*)", type: "BIGINT" };
  const column = valueColumn(query, measure, value);
  const isMinutes = "minutesFrom" in value;
  const type = isMinutes ? "BIGINT" : "DOUBLE";
  if ("min" in measure) return { text: `MIN(${column})`, type };
  if ("max" in measure) return { text: `MAX(${column})`, type };
  const sum = isMinutes
    ? `SUM(${column})`
    : `CAST(SUM(${column}) AS DOUBLE) / ${SUM_GRID}E0`;
  if ("sum" in measure) return { text: sum, type };
  const total = isMinutes ? `CAST(${sum} AS DOUBLE)` : sum;
  return { text: `${total} / COUNT(*)`, type: "DOUBLE" };
}

/** The statement that makes the view of a query's events. */
export function keyedStatement(spec: JobSpec, query: QuerySpec): string {
  const event = eventOf(spec, query);
  const columns = [
    TIME_COLUMN,
    ...query.key.flatMap((part) => keyExpressions(spec, event, part)),
    ...valuesOf(query).map(
      (text, i) => `${text} AS ${quoteName(`value ${i + 1}`)}`,
    ),
  ];
  return [
    `CREATE TEMPORARY VIEW ${quoteName(keyedView(query.name))} AS`,
    "SELECT",
    indent(columns.join(",\n")),
    `FROM ${quoteName(eventView(query.event))}`,
  ].join("\n");
}

/** The statement that makes the view of a query's windows. */
export function windowStatement(query: QuerySpec): string {
  const groups = query.key.flatMap(groupColumns);
  const measures = query.measures.map(
    (measure) =>
      `${aggregate(query, measure).text} AS ${quoteName(measure.as)}`,
  );
  const zones = query.key.flatMap((part) =>
    "geohash" in part ? [] : [`${quoteName(part.as)} IS NOT NULL`],
  );
  const window = [
    `TABLE(TUMBLE(TABLE ${quoteName(keyedView(query.name))},`,
    `DESCRIPTOR(${TIME_COLUMN}), ${intervalLiteral(query.windowMs)}))`,
  ].join(" ");
  return [
    `CREATE TEMPORARY VIEW ${quoteName(windowView(query.name))} AS`,
    "SELECT",
    indent(
      ["window_end", ...groups, ...measures, `COUNT(*) AS ${EVENT_COUNT}`].join(
        ",\n",
      ),
    ),
    `FROM ${window}`,
    ...(zones.length > 0 ? [`WHERE ${zones.join(" AND ")}`] : []),
    `GROUP BY ${["window_start", "window_end", ...groups].join(", ")}`,
    ...(query.leastCount > 1 ? [`HAVING COUNT(*) >= ${query.leastCount}`] : []),
  ].join("\n");
}

/** The columns of a query's documents without its id, in their order. */
export function documentColumns(query: QuerySpec): DocumentColumn[] {
  return [
    {
      name: "query",
      type: "STRING",
      expression: `CAST(${quoteText(query.name)} AS STRING)`,
    },
    {
      name: "timestamp",
      type: "BIGINT",
      expression: `${epochMsOf("window_end")} - 1`,
    },
    ...query.key.map((part) => ({
      name: part.as,
      type: "STRING",
      expression:
        "geohash" in part
          ? geohashExpression(rowName(part), columnName(part), part.precision)
          : quoteName(part.as),
    })),
    ...query.measures.map((measure) => ({
      name: measure.as,
      type: aggregate(query, measure).type,
      expression: quoteName(measure.as),
    })),
  ];
}

/** The condition under which a window's documents are emitted, if any. */
export function emitCondition(
  firedUpToMs: number | undefined,
): string | undefined {
  // A window fires when the watermark reaches its end less a millisecond.
  return firedUpToMs === undefined
    ? undefined
    : `window_end > ${timestampLiteral(firedUpToMs + 1)}`;
}

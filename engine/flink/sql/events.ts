/**
 * A view for each kind of event: its fields by the job's names, and only
 * events that have them all and pass the filters.
 *
 * @module
 */
import type { EventSpec, JobSpec } from "../../job/spec.ts";
import { eventView, NO_TIME, SOURCE_TABLE, TIME_COLUMN } from "./names.ts";
import { numberOf } from "./number.ts";
import { firstOf } from "./source.ts";
import { doubleLiteral, indent, quoteName, quoteText } from "./text.ts";
import { timeOf } from "./time.ts";
import { inZone, type PointColumns } from "./zone.ts";

/** The columns of a point of an event. */
export function pointColumns(event: EventSpec, name: string): PointColumns {
  const point = event.points[name];
  if (point === undefined) throw new RangeError(`Cannot find point "${name}"`);
  return {
    latitude: quoteName(point.latitude),
    longitude: quoteName(point.longitude),
  };
}

/** A field's value in terms of the source table's columns. */
function fieldExpression(
  spec: JobSpec,
  event: EventSpec,
  name: string,
): string {
  const field = event.fields[name];
  if (field === undefined) throw new RangeError(`Cannot find field "${name}"`);
  const isArrival = spec.watermark.strategy === "ingestion";
  if (name === event.eventTime && !isArrival) return TIME_COLUMN;
  const text = firstOf(field.from);
  return field.type === "time" ? timeOf(text) : numberOf(text);
}

function filterConditions(spec: JobSpec, event: EventSpec): string[] {
  return event.filters.map((one) => {
    if ("field" in one) {
      const range = `${doubleLiteral(one.min)} AND ${doubleLiteral(one.max)}`;
      return `${quoteName(one.field)} BETWEEN ${range}`;
    }
    const zone = spec.zones[one.inZone];
    if (zone === undefined)
      throw new RangeError(`Cannot find zone "${one.inZone}"`);
    return inZone(pointColumns(event, one.point), zone);
  });
}

/** The statement that makes the view of a kind of event. */
export function eventStatement(spec: JobSpec, kind: string): string {
  const event = spec.events[kind];
  if (event === undefined) throw new RangeError(`Cannot find event "${kind}"`);
  const names = Object.keys(event.fields);
  const columns = names.map(
    (name) => `${fieldExpression(spec, event, name)} AS ${quoteName(name)}`,
  );
  const isArrival = spec.watermark.strategy === "ingestion";
  // Where the event time is the row's own, the first condition says it all.
  const present = names
    .filter((name) => isArrival || name !== event.eventTime)
    .map((name) => `${quoteName(name)} IS NOT NULL`);
  const conditions = [
    `${TIME_COLUMN} > ${NO_TIME}`,
    ...present,
    ...filterConditions(spec, event),
  ];
  return [
    `CREATE TEMPORARY VIEW ${quoteName(eventView(kind))} AS`,
    `SELECT * FROM (`,
    `  SELECT`,
    indent([TIME_COLUMN, ...columns].join(",\n"), 4),
    `  FROM ${SOURCE_TABLE}`,
    `  WHERE ${quoteName(spec.kindField)} = ${quoteText(kind)}`,
    `)`,
    `WHERE ${conditions.join("\n  AND ")}`,
  ].join("\n");
}

/**
 * Whether the names in a job lead anywhere: what a schema can't say.
 *
 * @module
 */
import { type JobProblem, quoteValue } from "./job_problems.ts";
import type { EventSpec, JobSpec, QuerySpec } from "./spec.ts";

/** Names listed in a remedy. */
const LISTED_MAX = 12;

type Report = (path: string, problem: string) => void;

/** `one of "a", "b"`, for a remedy. */
function oneOf(names: readonly string[], what: string): string {
  if (names.length === 0) return `declare ${what}`;
  const listed = names.slice(0, LISTED_MAX).map(quoteValue).join(", ");
  const more = names.length > LISTED_MAX ? ", …" : "";
  return names.length === 1
    ? `write ${listed}`
    : `write one of ${listed}${more}`;
}

function fieldNames(event: EventSpec, type: "number" | "time"): string[] {
  return Object.entries(event.fields)
    .filter(([, field]) => field.type === type)
    .map(([name]) => name);
}

/** Checks the names that a kind of event uses. */
function checkEvent(
  path: string,
  event: EventSpec,
  { zones, report }: { zones: readonly string[]; report: Report },
): void {
  const fieldAt = (at: string, name: string, type: "number" | "time") => {
    if (Object.hasOwn(event.fields, name) && event.fields[name]?.type === type)
      return;
    report(
      at,
      `is ${quoteValue(name)}, which is no ${type} field of the event: ${oneOf(fieldNames(event, type), `it in ${path}.fields`)}`,
    );
  };
  fieldAt(`${path}.eventTime`, event.eventTime, "time");
  for (const [name, { latitude, longitude }] of Object.entries(event.points)) {
    fieldAt(`${path}.points.${name}.latitude`, latitude, "number");
    fieldAt(`${path}.points.${name}.longitude`, longitude, "number");
  }
  for (const [i, filter] of event.filters.entries()) {
    const at = `${path}.filters.${i}`;
    if ("field" in filter) {
      fieldAt(`${at}.field`, filter.field, "number");
      if (filter.min > filter.max) {
        report(
          `${at}.min`,
          `is ${filter.min}, above max ${filter.max}, so that nothing passes: swap them`,
        );
      }
      continue;
    }
    checkPoint(`${at}.point`, filter.point, { path, event, report });
    checkZone(`${at}.inZone`, filter.inZone, { zones, report });
  }
}

function checkPoint(
  at: string,
  name: string,
  { path, event, report }: { path: string; event: EventSpec; report: Report },
): void {
  if (Object.hasOwn(event.points, name)) return;
  report(
    at,
    `is ${quoteValue(name)}, which is no point of the event: ${oneOf(Object.keys(event.points), `it in ${path}.points`)}`,
  );
}

function checkZone(
  at: string,
  name: string,
  { zones, report }: { zones: readonly string[]; report: Report },
): void {
  if (zones.includes(name)) return;
  report(
    at,
    `is ${quoteValue(name)}, which is no zone of the job: ${oneOf(zones, "it in zones")}`,
  );
}

/** Checks a query's measures against its event's fields. */
function checkMeasures(
  path: string,
  { measures }: QuerySpec,
  { event, report }: { event: EventSpec; report: Report },
): void {
  for (const [i, measure] of measures.entries()) {
    for (const [op, value] of Object.entries(measure)) {
      if (typeof value !== "object") continue;
      const type = "field" in value ? "number" : "time";
      for (const [member, name] of Object.entries<string>({ ...value })) {
        if (
          Object.hasOwn(event.fields, name) &&
          event.fields[name]?.type === type
        ) {
          continue;
        }
        report(
          `${path}.measures.${i}.${op}.${member}`,
          `is ${quoteValue(name)}, which is no ${type} field of the event: ${oneOf(fieldNames(event, type), "it")}`,
        );
      }
    }
  }
}

/** Names of a document that the job doesn't choose. */
const TAKEN = ["_id", "query", "timestamp"];

function checkOutputs(path: string, query: QuerySpec, report: Report): void {
  const seen = new Set(TAKEN);
  const lists = { key: query.key, measures: query.measures };
  for (const [list, parts] of Object.entries(lists)) {
    for (const [i, { as }] of parts.entries()) {
      if (seen.has(as)) {
        report(
          `${path}.${list}.${i}.as`,
          `is ${quoteValue(as)}, which the document has already: write another name`,
        );
      }
      seen.add(as);
    }
  }
}

function checkQuery(
  path: string,
  query: QuerySpec,
  { spec, report }: { spec: JobSpec; report: Report },
): void {
  checkOutputs(path, query, report);
  const event = Object.hasOwn(spec.events, query.event)
    ? spec.events[query.event]
    : undefined;
  if (event === undefined) {
    report(
      `${path}.event`,
      `is ${quoteValue(query.event)}, which is no event of the job: ${oneOf(Object.keys(spec.events), "it in events")}`,
    );
    return;
  }
  const zones = Object.keys(spec.zones);
  const eventPath = `events.${query.event}`;
  for (const [i, part] of query.key.entries()) {
    const at = `${path}.key.${i}`;
    const isCell = "geohash" in part;
    checkPoint(
      `${at}.${isCell ? "geohash" : "zoneOf"}`,
      isCell ? part.geohash : part.zoneOf,
      { path: eventPath, event, report },
    );
    if (isCell) continue;
    for (const [z, zone] of part.inZones.entries()) {
      checkZone(`${at}.inZones.${z}`, zone, { zones, report });
    }
  }
  checkMeasures(path, query, { event, report });
}

/**
 * What is wrong with the names in a job.
 *
 * @param spec A job that the schema has passed.
 */
export function checkNames(spec: JobSpec): JobProblem[] {
  const problems: JobProblem[] = [];
  const report: Report = (path, problem) => problems.push({ path, problem });
  const zones = Object.keys(spec.zones);
  if (Object.keys(spec.events).length === 0) {
    report("events", "is empty: declare a kind of event");
  }
  for (const [kind, event] of Object.entries(spec.events)) {
    const path = `events.${kind}`;
    if (kind === spec.watermark.kind) {
      report(path, "is the watermark's kind as well: name another one");
    }
    checkEvent(path, event, { zones, report });
  }
  const names = spec.queries.map(({ name }) => name);
  for (const [i, query] of spec.queries.entries()) {
    const path = `queries.${i}`;
    checkQuery(path, query, { spec, report });
    if (names.indexOf(query.name) < i) {
      report(
        `${path}.name`,
        `is ${quoteValue(query.name)}, as an earlier query's: write another name`,
      );
    }
  }
  return problems;
}

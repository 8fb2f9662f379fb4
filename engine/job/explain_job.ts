/**
 * A job in words: what is read, what is left out, what is tallied, and what the
 * documents look like.
 *
 * @module
 */
import { zoneBoxes } from "../geo/zone.ts";
import { planJob } from "./plan.ts";
import type { EventSpec, JobSpec, QuerySpec, ZoneSpec } from "./spec.ts";

/** Columns of what stands at the left. */
const LABEL_COLUMNS = 12;
/** Zones listed one by one; a job of more is better looked at in its file. */
const ZONES_LISTED_MAX = 40;

/** A label and lines beside it, all but the first indented. */
function block(label: string, lines: readonly string[]): string[] {
  const [first = "", ...rest] = lines;
  return [
    `${label.padEnd(LABEL_COLUMNS)} ${first}`,
    ...rest.map((line) => `${" ".repeat(LABEL_COLUMNS)} ${line}`),
  ].map((line) => line.trimEnd());
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Pads the first column of some rows to one width. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** A duration as options take it: `10m`, `1500ms`. */
function durationText(ms: number): string {
  const unit = UNITS.find(([, size]) => ms > 0 && ms % size === 0);
  if (unit !== undefined) return `${ms / unit[1]}${unit[0]}`;
  return ms === 0 ? "0s" : `${ms}ms`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : what.endsWith("x") ? "es" : "s"}`;
}

function payloadText({ payload }: JobSpec): string {
  const framing = {
    text: "one JSON text a record",
    lines: "JSON texts, one a line",
    glued: "JSON texts, one right after the other",
  }[payload.framing];
  const compression = {
    none: "not compressed",
    gzip: "each record compressed by gzip",
    zstd: "each record compressed by Zstandard",
    detect: "each record plain, or compressed by gzip or Zstandard",
  }[payload.compression];
  return `${framing}; ${compression}`;
}

function watermarkText({ watermark }: JobSpec): string {
  const { strategy, kind, field, boundMs = 0 } = watermark;
  switch (strategy) {
    case "punctuated":
      return `punctuated: the member "${field}" of events of kind "${kind}"`;
    case "bounded":
      return `bounded: the greatest event time of a shard less ${durationText(boundMs)}; events of kind "${kind}" are left out`;
    case "ingestion":
      return `ingestion: arrival is event time; events of kind "${kind}" are left out`;
  }
}

function headLines(spec: JobSpec): string[] {
  const { allowedLatenessMs: lateMs, dedupe } = spec;
  return [
    ...block("records", [payloadText(spec)]),
    ...block("kinds", [
      `the member "${spec.kindField}": ${Object.keys(spec.events)
        .map((kind) => `"${kind}"`)
        .join(", ")}; others are counted as undeclared_kind`,
    ]),
    ...block("watermarks", [watermarkText(spec)]),
    ...block("late events", [
      lateMs === 0
        ? "are left out and counted"
        : `correct a window's documents for ${durationText(lateMs)} of event time, then are left out`,
    ]),
    ...block("duplicates", [
      dedupe === null
        ? "are events like others"
        : `are left out: the same "${dedupe.field}" within ${durationText(dedupe.withinMs)} of arrival, of at most ${dedupe.idsMax} ids a shard`,
    ]),
  ];
}

function eventLines(kind: string, event: EventSpec): string[] {
  const fields = Object.entries(event.fields).map(
    ([name, { type, from }]) =>
      [name, `${type} of "${from.join('", else "')}"`] as const,
  );
  const points = Object.entries(event.points).map(
    ([name, { latitude, longitude }]) =>
      [name, `${latitude}, ${longitude}`] as const,
  );
  const filters = event.filters.map(
    (filter) =>
      [
        filter.name,
        "field" in filter
          ? `unless ${filter.min} <= ${filter.field} <= ${filter.max}`
          : `unless ${filter.point} lies in zone ${filter.inZone}`,
      ] as const,
  );
  return [
    `Event "${kind}"`,
    ...indented([
      ...block("event time", [event.eventTime]),
      ...block("fields", columns(fields)),
      ...(points.length === 0 ? [] : block("points", columns(points))),
      ...block(
        "left out",
        filters.length === 0 ? ["nothing"] : columns(filters),
      ),
    ]),
  ];
}

function zoneText(zone: ZoneSpec): string {
  const boxes = zoneBoxes(zone);
  const side = (index: 0 | 1 | 2 | 3, pick: (...v: number[]) => number) =>
    boxes.reduce((at, box) => pick(at, box[index]), boxes[0]?.[index] ?? 0);
  const ends = [
    side(0, Math.min),
    side(1, Math.max),
    side(2, Math.min),
    side(3, Math.max),
  ];
  const degrees = ends.map((one) => String(Number(one.toFixed(5))));
  const extent = `latitude ${degrees[0]} to ${degrees[1]}, longitude ${degrees[2]} to ${degrees[3]}`;
  const boxCount = counted(boxes.length, "box");
  return "cells" in zone
    ? `${counted(zone.cells.length, "cell")}, ${boxCount}; ${extent}`
    : `${boxCount}; ${extent}`;
}

function zoneLines({ zones }: JobSpec): string[] {
  const all = Object.entries(zones);
  if (all.length === 0) return [];
  const listed = all
    .slice(0, ZONES_LISTED_MAX)
    .map(([name, zone]) => [name, zoneText(zone)] as const);
  const more = all.length - listed.length;
  return [
    "",
    `Zones: ${all.length}`,
    ...indented(columns(listed)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

type Measure = QuerySpec["measures"][number];

function measureText(measure: Measure): string {
  if ("count" in measure) return "number of events";
  const value = (
    v: { field: string } | { minutesFrom: string; minutesTo: string },
  ) =>
    "field" in v
      ? v.field
      : `whole minutes from ${v.minutesFrom} to ${v.minutesTo}`;
  if ("sum" in measure) return `sum of ${value(measure.sum)}`;
  if ("avg" in measure) return `average of ${value(measure.avg)}`;
  if ("min" in measure) return `least ${value(measure.min)}`;
  return `greatest ${value(measure.max)}`;
}

/** An example of a document and its id. */
function exampleOf(query: QuerySpec): { id: string; document: string } {
  const timestamp =
    Math.ceil(1_451_606_400_000 / query.windowMs) * query.windowMs - 1;
  const texts = query.key.map((part) =>
    "geohash" in part
      ? "dr5ru7zzzzzz".slice(0, part.precision)
      : (part.inZones[0] ?? ""),
  );
  const document = JSON.stringify({
    timestamp,
    ...Object.fromEntries(query.key.map(({ as }, i) => [as, texts[i]])),
    ...Object.fromEntries(
      query.measures.map((one) => [one.as, "avg" in one ? 12.5 : 17]),
    ),
  });
  return { id: [query.name, timestamp, ...texts].join("|"), document };
}

function queryLines(query: QuerySpec, bits: number): string[] {
  const key = query.key.map(
    (part) =>
      [
        part.as,
        "geohash" in part
          ? `geohash of ${part.geohash}, ${part.precision} characters`
          : `first zone that ${part.zoneOf} lies in: ${part.inZones.slice(0, 12).join(", ")}${part.inZones.length > 12 ? `, … (${part.inZones.length})` : ""}`,
      ] as const,
  );
  const measures = query.measures.map(
    (measure) => [measure.as, measureText(measure)] as const,
  );
  const { id, document } = exampleOf(query);
  return [
    `Query "${query.name}"`,
    ...indented([
      ...block("of", [`"${query.event}" events`]),
      ...block("key", columns(key)),
      ...block("", [`${bits} of 64 bits`]),
      ...block("windows", [
        `${durationText(query.windowMs)}, tumbling, aligned to the epoch; fired when the watermark reaches their end less 1 ms`,
      ]),
      ...block("measures", columns(measures)),
      ...block("emitted", [
        query.leastCount === 1
          ? "always"
          : `with ${query.leastCount} events or more`,
      ]),
      ...block("document", [document]),
      ...block("id", [id]),
    ]),
  ];
}

/**
 * Tells a job in words.
 *
 * @param spec A job from `parseJobSpec`.
 * @returns Lines, the last one ended.
 * @throws {FlagdropError} `FD_JOB` when the job can't be planned.
 */
export function explainJob(spec: JobSpec): string {
  const plan = planJob(spec);
  const bitsOf = (index: number) =>
    (plan.queries[index]?.key ?? [])
      .flatMap((part) => part.bits)
      .reduce((sum, { bits }) => sum + bits, 0);
  const lines = [
    `Job "${spec.name}", hash ${plan.hash.slice(0, 12)}`,
    ...indented(headLines(spec)),
    ...Object.entries(spec.events).flatMap(([kind, event]) => [
      "",
      ...eventLines(kind, event),
    ]),
    ...zoneLines(spec),
    ...spec.queries.flatMap((query, i) => [
      "",
      ...queryLines(query, bitsOf(i)),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** A job in one line. */
export function summarizeJob(spec: JobSpec): string {
  const zones = Object.values(spec.zones);
  const cells = zones.reduce(
    (sum, zone) => sum + ("cells" in zone ? zone.cells.length : 0),
    0,
  );
  const events = Object.keys(spec.events);
  return [
    `job "${spec.name}"`,
    `${counted(events.length, "kind")} of events (${events.join(", ")})`,
    `${counted(zones.length, "zone")} (${counted(cells, "cell")})`,
    `queries ${spec.queries.map(({ name }) => name).join(", ")}`,
  ].join(" · ");
}

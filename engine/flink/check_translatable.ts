/**
 * What of a job Flink SQL can't do, as one line; and what it does otherwise
 * than the engine, as warnings.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import { quoteValue } from "../job/job_problems.ts";
import type { JobSpec } from "../job/spec.ts";
import type { FlinkSource, FlinkSqlOptions } from "./flink_sql_options.ts";
import { ZONE_BOXES_MAX } from "./limits.ts";
import { membersOf, RESERVED_COLUMNS } from "./sql/names.ts";
import { boxCount } from "./sql/zone.ts";

function refused(spec: JobSpec, what: string, remedy: string): FlagdropError {
  return new FlagdropError(
    "FD_JOB",
    `Cannot translate job "${spec.name}" to Flink SQL as ${what}: ${remedy}`,
    { domain: "user" },
  );
}

function checkStrategy(spec: JobSpec, source: FlinkSource): void {
  if (spec.watermark.strategy !== "ingestion") return;
  if (source.type === "kinesis" && source.connector === "kinesis-legacy")
    return;
  const what =
    source.type === "files"
      ? "lines of a file have no arrival time"
      : 'connector "kinesis" tells no arrival time (FLINK-36671)';
  throw refused(
    spec,
    `its watermark strategy is "ingestion", and ${what}`,
    'use "kinesis-legacy", or another strategy',
  );
}

function checkPayload(spec: JobSpec, source: FlinkSource): void {
  const { framing, compression } = spec.payload;
  const isPlain =
    framing === "text" || (framing === "lines" && source.type === "files");
  if (isPlain && compression === "none") return;
  throw refused(
    spec,
    `its format takes one plain JSON text a ${source.type === "files" ? "line" : "record"} (payload: framing "${framing}", compression "${compression}")`,
    "unpack the records before, or have the producers send them one by one",
  );
}

/** Texts of the producers' own, which stand in the statements as they are. */
function checkTexts(spec: JobSpec): void {
  const kinds = Object.keys(spec.events);
  for (const text of [...membersOf(spec), ...kinds, spec.watermark.kind]) {
    // Indenting would change a text of several lines, and comments end there.
    if (/[\p{Cc}\u2028\u2029]/u.test(text)) {
      throw refused(
        spec,
        `the member or kind ${quoteValue(text)} has a control character`,
        "have the producers write another name",
      );
    }
  }
}

/** Names of the job's own that are columns of the translation's. */
function checkColumns(spec: JobSpec): void {
  const names = [
    ...membersOf(spec),
    ...Object.values(spec.events).flatMap(({ fields }) => Object.keys(fields)),
    ...spec.queries.flatMap(({ key, measures }) =>
      [...key, ...measures].map(({ as }) => as),
    ),
  ];
  const taken = names.find((name) => RESERVED_COLUMNS.includes(name));
  if (taken === undefined) return;
  throw refused(
    spec,
    `"${taken}" is a column that Flink or the translation adds`,
    "write another name",
  );
}

/**
 * Refuses what can't be translated.
 *
 * @throws {FlagdropError} `FD_JOB`, naming it and what to do.
 */
export function checkTranslatable(spec: JobSpec, source: FlinkSource): void {
  if (spec.allowedLatenessMs > 0) {
    throw refused(
      spec,
      "windows of Flink SQL are never corrected (allowedLatenessMs)",
      "set it to 0",
    );
  }
  if (spec.dedupe !== null) {
    throw refused(
      spec,
      "duplicates are known by shard and arrival (dedupe), which SQL can't see",
      "leave it out, and let the producers send each event once",
    );
  }
  checkPayload(spec, source);
  checkStrategy(spec, source);
  checkTexts(spec);
  checkColumns(spec);
  for (const [name, zone] of Object.entries(spec.zones)) {
    const count = boxCount(zone);
    if (count > ZONE_BOXES_MAX) {
      throw refused(
        spec,
        `zone "${name}" is ${count} boxes and an expression takes ${ZONE_BOXES_MAX}`,
        "use larger cells or boxes",
      );
    }
  }
}

/** What the translated job does otherwise, one line each. */
export function translationWarnings(
  spec: JobSpec,
  source: FlinkSource,
  {
    alignmentDriftMs = 0,
    mode,
  }: Pick<FlinkSqlOptions, "alignmentDriftMs" | "mode">,
): string[] {
  if (source.type === "files") {
    return mode === "streaming" && spec.watermark.strategy !== "ingestion"
      ? [
          "Flink reads parts of files in any order, so that events may be late that are not in their file: batch mode has no late events",
        ]
      : [];
  }
  const isLegacy = source.connector === "kinesis-legacy";
  return [
    "Flink makes one watermark a reading task, not a shard: give as many tasks as the stream has shards, with even hash key ranges, or slow shards lose events as late",
    ...(isLegacy
      ? []
      : [
          'aggregated records (KPL) are not taken apart by connector "kinesis" (FLINK-32097) and are left out: use kinesis-legacy on Flink 1.x, or producers without aggregation',
        ]),
    ...(alignmentDriftMs > 0
      ? [
          "the Kinesis connectors leave watermark alignment to Flink only where they support it; else the option is refused or without effect",
        ]
      : []),
  ];
}

/**
 * The table that Flink reads events from: columns, event time, watermark, and
 * the connector's options.
 *
 * @module
 */
import type { JobSpec } from "../../job/spec.ts";
import type { FlinkKinesisSource, FlinkSource } from "../flink_sql_options.ts";
import {
  ARRIVAL_COLUMN,
  membersOf,
  NO_TIME,
  SOURCE_TABLE,
  TIME_COLUMN,
} from "./names.ts";
import {
  indent,
  intervalLiteral,
  quoteName,
  quoteText,
  withClause,
} from "./text.ts";
import { timeOf } from "./time.ts";

/** What of the options concerns the source table. */
export interface SourceTableOptions {
  readonly source: FlinkSource;
  readonly idleTimeoutMs: number;
  readonly alignmentDriftMs: number;
}

/** The first spelling that is present. */
export function firstOf(names: readonly string[]): string {
  const columns = names.map(quoteName);
  return columns.length === 1
    ? (columns[0] ?? "")
    : `COALESCE(${columns.join(", ")})`;
}

/**
 * Members of the events as texts: what is no number or time is then one NULL,
 * where a column of another type would cost the whole event.
 */
function physicalColumns(spec: JobSpec): string[] {
  return [...membersOf(spec)].map((name) => `${quoteName(name)} STRING`);
}

/** The event time of each kind; watermark events have their watermark. */
function timeColumn(spec: JobSpec): string {
  const { strategy, kind, field } = spec.watermark;
  const cases = Object.entries(spec.events).map(([name, event]) => {
    const from = event.fields[event.eventTime]?.from ?? [];
    return [name, timeOf(firstOf(from))] as const;
  });
  if (strategy === "ingestion") {
    return `${TIME_COLUMN} AS CAST(${ARRIVAL_COLUMN} AS TIMESTAMP(3))`;
  }
  if (strategy === "punctuated") cases.push([kind, timeOf(quoteName(field))]);
  const lines = cases.map(
    ([name, time]) => `WHEN ${quoteText(name)} THEN\n${indent(time)}`,
  );
  const choice = `CASE ${quoteName(spec.kindField)}\n${indent(lines.join("\n"))}\nEND`;
  return `${TIME_COLUMN} AS COALESCE(\n${indent(`${choice},\n${NO_TIME}`)}\n)`;
}

/** The watermark that a row brings; NULL for none. */
function watermarkExpression(spec: JobSpec): string {
  const { strategy, kind, boundMs = 0 } = spec.watermark;
  if (strategy === "ingestion") {
    return `${TIME_COLUMN} - ${intervalLiteral(1)}`;
  }
  const kindColumn = quoteName(spec.kindField);
  const isTimed = `${TIME_COLUMN} > ${NO_TIME}`;
  if (strategy === "punctuated") {
    return `CASE WHEN ${kindColumn} = ${quoteText(kind)} AND ${isTimed}\n  THEN ${TIME_COLUMN} END`;
  }
  const kinds = Object.keys(spec.events).map(quoteText).join(", ");
  const bound = intervalLiteral(boundMs + 1);
  return `CASE WHEN ${kindColumn} IN (${kinds}) AND ${isTimed}\n  THEN ${TIME_COLUMN} - ${bound} END`;
}

function streamName(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

function kinesisOptions(source: FlinkKinesisSource): Record<string, string> {
  const { connector = "kinesis", from, endpoint } = source;
  const isLegacy = connector === "kinesis-legacy";
  const prefix = isLegacy ? "scan.stream.initpos" : "source.init";
  const position = {
    latest: "LATEST",
    earliest: "TRIM_HORIZON",
    timestamp: "AT_TIMESTAMP",
  }[from.type];
  return {
    connector,
    ...(isLegacy
      ? {
          stream: streamName(source.streamArn),
          // Its own way, by a hash of the shard's name, has two in one task.
          "scan.shard-assigner": "uniform",
        }
      : { "stream.arn": source.streamArn }),
    "aws.region": source.region,
    ...(endpoint !== undefined && { "aws.endpoint": endpoint }),
    [isLegacy ? prefix : `${prefix}.position`]: position,
    ...(from.type === "timestamp" && {
      [isLegacy ? `${prefix}-timestamp` : `${prefix}.timestamp`]: new Date(
        from.ms,
      )
        .toISOString()
        .replace("Z", "+00:00"),
    }),
  };
}

function connectorOptions({
  source,
  idleTimeoutMs,
  alignmentDriftMs,
}: SourceTableOptions): Record<string, string> {
  const format = {
    format: "json",
    // What is no JSON is left out, as it is here (there a dead letter).
    "json.ignore-parse-errors": "true",
  };
  if (source.type === "files") {
    const { path, pathRegex, watchMs } = source;
    return {
      connector: "filesystem",
      path,
      ...(pathRegex !== undefined && {
        "source.path.regex-pattern": pathRegex,
      }),
      ...(watchMs !== undefined && {
        "source.monitor-interval": `${watchMs} ms`,
      }),
      ...format,
    };
  }
  return {
    ...kinesisOptions(source),
    ...(idleTimeoutMs > 0 && {
      "scan.watermark.idle-timeout": `${idleTimeoutMs} ms`,
    }),
    ...(alignmentDriftMs > 0 && {
      "scan.watermark.alignment.group": "shards",
      "scan.watermark.alignment.max-drift": `${alignmentDriftMs} ms`,
    }),
    ...format,
  };
}

/** The statement that makes the source table. */
export function sourceTable(
  spec: JobSpec,
  options: SourceTableOptions,
): string {
  const columns = physicalColumns(spec);
  if (spec.watermark.strategy === "ingestion") {
    columns.push(
      `${ARRIVAL_COLUMN} TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL`,
    );
  }
  columns.push(timeColumn(spec));
  columns.push(`WATERMARK FOR ${TIME_COLUMN} AS ${watermarkExpression(spec)}`);
  const body = indent(columns.join(",\n"));
  return `CREATE TEMPORARY TABLE ${SOURCE_TABLE} (\n${body}\n) ${withClause(connectorOptions(options))}`;
}

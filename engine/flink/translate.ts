/**
 * A job as Flink SQL. Every JobSpec becomes tables, views and one statement set.
 *
 * The text follows the engine: events by kind, filters, keys, windows, least
 * count, documents. What Flink does otherwise is in the warnings.
 *
 * @module
 */
import { planJob } from "../job/plan.ts";
import type { JobSpec } from "../job/spec.ts";
import { planIndices } from "../sink/opensearch/index_plan.ts";
import { indexPrefixOf } from "../sink/opensearch/opensearch_settings.ts";
import {
  checkTranslatable,
  translationWarnings,
} from "./check_translatable.ts";
import type {
  FlinkOpensearchSink,
  FlinkSink,
  FlinkSource,
  FlinkSqlOptions,
} from "./flink_sql_options.ts";
import { eventStatement } from "./sql/events.ts";
import { keyedStatement, windowStatement } from "./sql/query.ts";
import { insertStatement, sinkStatement } from "./sql/sink.ts";
import { sourceTable } from "./sql/source.ts";
import { indent } from "./sql/text.ts";

const CHECKPOINT_INTERVAL_MS = 10_000;
const IDLE_TIMEOUT_MS = 300_000;

const PLACEHOLDER_SOURCE: FlinkSource = {
  type: "kinesis",
  streamArn: "arn:aws:kinesis:REGION:ACCOUNT:stream/STREAM",
  region: "REGION",
  from: { type: "latest" },
};
function placeholderSink({ name }: JobSpec): FlinkSink {
  const hosts = ["https://HOST"];
  return { type: "opensearch", hosts, indexPrefix: indexPrefixOf(name) };
}

/** A query's part of the translation. */
export interface FlinkQuerySql {
  readonly name: string;
  /** Its views, its sink table and its INSERT, as one text. */
  readonly text: string;
  readonly insert: string;
}

/** A job as Flink SQL. */
export interface FlinkSql {
  /** Options of the session, by key. */
  readonly settings: Readonly<Record<string, string>>;
  /** Statements that make tables and views, in order, without semicolons. */
  readonly definitions: readonly string[];
  /** The statement set; it is the job. */
  readonly statementSet: string;
  readonly queries: readonly FlinkQuerySql[];
  /** What Flink does otherwise than the engine, one line each. */
  readonly warnings: readonly string[];
  /** All of it as a script for Flink's SQL client. */
  readonly script: string;
}

function settingsOf(
  spec: JobSpec,
  mode: "streaming" | "batch",
  options: FlinkSqlOptions,
): Record<string, string> {
  const {
    parallelism,
    checkpointIntervalMs = CHECKPOINT_INTERVAL_MS,
    idleTimeoutMs = IDLE_TIMEOUT_MS,
  } = options;
  return {
    "pipeline.name": spec.name,
    "execution.runtime-mode": mode,
    "table.local-time-zone": "UTC",
    ...(parallelism !== undefined && {
      "parallelism.default": String(parallelism),
    }),
    ...(mode === "streaming" && {
      "execution.checkpointing.interval": `${checkpointIntervalMs} ms`,
      "table.exec.source.idle-timeout": `${idleTimeoutMs} ms`,
    }),
  };
}

/** Refuses names that `run` couldn't write to a cluster either. */
function checkIndices(
  spec: JobSpec,
  { indexPrefix }: FlinkOpensearchSink,
): void {
  const hasIds = true;
  const emitsEarly = false;
  const indexTime = "none";
  const settings = { indexPrefix, indexTime, hasIds, emitsEarly } as const;
  planIndices(planJob(spec), settings);
}

function scriptOf({
  settings,
  definitions,
  statementSet,
  warnings,
}: Omit<FlinkSql, "script" | "queries">): string {
  const statements = [
    ...Object.entries(settings).map(
      ([key, value]) => `SET '${key}' = '${value}'`,
    ),
    ...definitions,
    statementSet,
  ];
  const notes = warnings.map((line) => `-- ${line}\n`).join("");
  return `${notes}${statements.map((one) => `${one};\n`).join("\n")}`;
}

/**
 * Translates a job.
 *
 * @param spec A spec from `parseJobSpec`.
 * @param options Where Flink reads and writes; placeholders when left out.
 * @throws {FlagdropError} `FD_JOB` for what Flink SQL can't do, `FD_OPTION` for
 * names that no index may have; one line.
 *
 * @example Usage
 * ```ts
 * const sql = flinkSql(parseJobSpec(taxiJob(taxiZones("nyc"))));
 * process.stdout.write(sql.script);
 * ```
 */
export function flinkSql(
  spec: JobSpec,
  options: FlinkSqlOptions = {},
): FlinkSql {
  const {
    source = PLACEHOLDER_SOURCE,
    sink = placeholderSink(spec),
    mode = source.type === "files" && source.watchMs === undefined
      ? "batch"
      : "streaming",
    idleTimeoutMs = IDLE_TIMEOUT_MS,
    alignmentDriftMs = 0,
  } = options;
  checkTranslatable(spec, source);
  if (options.sink?.type === "opensearch") checkIndices(spec, options.sink);
  const shared = [
    sourceTable(spec, { source, idleTimeoutMs, alignmentDriftMs }),
    ...Object.keys(spec.events).map((kind) => eventStatement(spec, kind)),
  ];
  const queries = spec.queries.map((query) => ({
    name: query.name,
    views: [keyedStatement(spec, query), windowStatement(query)],
    table: sinkStatement(query, sink),
    insert: insertStatement(query, sink, options.firedUpToMs),
  }));
  const inserts = queries.map(({ insert }) => `${indent(insert)};\n`).join("");
  const parts = {
    settings: settingsOf(spec, mode, options),
    definitions: [
      ...shared,
      ...queries.flatMap(({ views, table }) => [...views, table]),
    ],
    statementSet: `EXECUTE STATEMENT SET\nBEGIN\n${inserts}END`,
    warnings: translationWarnings(spec, source, { alignmentDriftMs, mode }),
  };
  return {
    ...parts,
    queries: queries.map(({ name, views, table, insert }) => ({
      name,
      insert,
      text: [...views, table, insert].map((one) => `${one};\n`).join("\n"),
    })),
    script: scriptOf(parts),
  };
}

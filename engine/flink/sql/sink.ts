/**
 * The tables that documents go to, and the statements that fill them.
 *
 * @module
 */
import type { QuerySpec } from "../../job/spec.ts";
import { COUNT_FIELD } from "../../sink/opensearch/index_plan.ts";
import type { FlinkOpensearchSink, FlinkSink } from "../flink_sql_options.ts";
import { FILE_ROLL_MS } from "../limits.ts";
import { sinkTable, windowView } from "./names.ts";
import {
  type DocumentColumn,
  documentColumns,
  EVENT_COUNT,
  emitCondition,
} from "./query.ts";
import { indent, quoteName, withClause } from "./text.ts";

/** Parts of a document's id, in their order; it is them with `|` between. */
function idColumns(query: QuerySpec): string[] {
  return ["query", "timestamp", ...query.key.map(({ as }) => as)];
}

/** A host as the connector takes it: it refuses one without a port. */
function withPort(host: string): string {
  if (/:\d+$/.test(host)) return host;
  return `${host}:${host.startsWith("https:") ? 443 : 80}`;
}

function opensearchOptions(
  query: QuerySpec,
  { hosts, indexPrefix, user, password }: FlinkOpensearchSink,
): Record<string, string> {
  return {
    connector: "opensearch-2",
    hosts: hosts.map(withPort).join(";"),
    index: `${indexPrefix}-${query.name}`,
    "document-id.key-delimiter": "|",
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    "sink.bulk-flush.backoff.strategy": "EXPONENTIAL",
    "sink.bulk-flush.backoff.max-retries": "10",
    "sink.bulk-flush.backoff.delay": "1s",
  };
}

/** The id as a text, over the columns of the documents. */
function idExpression(query: QuerySpec): string {
  return idColumns(query)
    .map((name) =>
      name === "timestamp" ? "CAST(`timestamp` AS STRING)" : quoteName(name),
    )
    .join(" || '|' || ");
}

/**
 * Columns of a sink: documents in files have their id, as OpenSearch's do beside
 * them; in OpenSearch each tells how many events it stands for, as those of
 * `run` do.
 */
function sinkColumns(query: QuerySpec, sink: FlinkSink): DocumentColumn[] {
  const columns = documentColumns(query);
  if (sink.type === "files") {
    const id = { name: "_id", type: "STRING", expression: idExpression(query) };
    return [id, ...columns];
  }
  return query.measures.some((measure) => "count" in measure)
    ? columns
    : [
        ...columns,
        { name: COUNT_FIELD, type: "BIGINT", expression: EVENT_COUNT },
      ];
}

/** The statement that makes a query's sink table. */
export function sinkStatement(query: QuerySpec, sink: FlinkSink): string {
  const columns = sinkColumns(query, sink).map(
    ({ name, type }) => `${quoteName(name)} ${type}`,
  );
  const options =
    sink.type === "files"
      ? {
          connector: "filesystem",
          path: `${sink.path.replace(/\/$/, "")}/${query.name}`,
          format: "json",
          // By itself Flink hides what it writes for half an hour.
          "sink.rolling-policy.rollover-interval": `${FILE_ROLL_MS} ms`,
          "sink.rolling-policy.check-interval": `${FILE_ROLL_MS} ms`,
        }
      : opensearchOptions(query, sink);
  if (sink.type === "opensearch") {
    const key = idColumns(query).map(quoteName).join(", ");
    columns.push(`PRIMARY KEY (${key}) NOT ENFORCED`);
  }
  return [
    `CREATE TEMPORARY TABLE ${quoteName(sinkTable(query.name))} (`,
    indent(columns.join(",\n")),
    `) ${withClause(options)}`,
  ].join("\n");
}

/** The statement that writes a query's documents, for the statement set. */
export function insertStatement(
  query: QuerySpec,
  sink: FlinkSink,
  firedUpToMs: number | undefined,
): string {
  const isFiles = sink.type === "files";
  const columns = isFiles ? documentColumns(query) : sinkColumns(query, sink);
  const documents = columns.map(({ name, expression }) =>
    expression === quoteName(name)
      ? expression
      : `${expression} AS ${quoteName(name)}`,
  );
  const condition = emitCondition(firedUpToMs);
  const select = [
    "SELECT",
    indent(documents.join(",\n")),
    `FROM ${quoteName(windowView(query.name))}`,
    ...(condition === undefined ? [] : [`WHERE ${condition}`]),
  ].join("\n");
  const insert = `INSERT INTO ${quoteName(sinkTable(query.name))}`;
  if (!isFiles) return `${insert}\n${select}`;
  const names = columns.map(({ name }) => quoteName(name));
  return [
    insert,
    `SELECT ${idExpression(query)} AS \`_id\`, ${names.join(", ")} FROM (`,
    indent(select),
    ")",
  ].join("\n");
}

/**
 * Flagdrop as a library: start an engine from your own program.
 *
 * @example Usage
 * ```ts
 * import {
 *   DeadLetterFile,
 *   NdjsonSink,
 *   parseJobSpec,
 *   planJob,
 *   startEngine,
 *   taxiJob,
 *   taxiZones,
 * } from "flagdrop";
 * import { pino } from "pino";
 *
 * const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
 * const engine = await startEngine({
 *   spec,
 *   source: { type: "files", paths: ["trips.jsonl"] },
 *   workers: 2,
 *   sinks: [new NdjsonSink(planJob(spec), { type: "file", path: "out.ndjson" })],
 *   openDeadLetters: () => DeadLetterFile.open("dead.ndjson"),
 *   log: pino(),
 * });
 * const { documentsFired } = await engine.finished;
 * ```
 *
 * @module
 */
export type { AwsConnection } from "./aws/connection.ts";
export {
  type AwsCredentials,
  type CredentialsSource,
  type CredentialsSourceOptions,
  credentialsSource,
} from "./aws/credentials.ts";
export { type Engine, type EngineOptions, startEngine } from "./engine.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDomain,
  type ErrorRetry,
  FlagdropError,
  type FlagdropErrorOptions,
} from "./errors.ts";
export type {
  FlinkFilesSink,
  FlinkFilesSource,
  FlinkKinesisSource,
  FlinkOpensearchSink,
  FlinkSink,
  FlinkSource,
  FlinkSqlOptions,
  FlinkStart,
  KinesisConnector,
} from "./flink/flink_sql_options.ts";
export {
  type FlinkQuerySql,
  type FlinkSql,
  flinkSql,
} from "./flink/translate.ts";
export { checkJobFile, readJobFile } from "./job/job_file.ts";
export type { JobFile, JobFileInput } from "./job/job_file_schema.ts";
export type { JobProblem } from "./job/job_problems.ts";
export { type JobPlan, planJob } from "./job/plan.ts";
export { JOB_PRESETS, type JobPreset } from "./job/presets/presets.ts";
export {
  type TaxiZones,
  taxiJob,
  taxiZones,
  ZONE_PRESETS,
  type ZonePreset,
} from "./job/presets/taxi.ts";
export {
  checkJobSpec,
  JOB_SPEC_SCHEMA,
  type JobCheck,
  type JobSpec,
  type JobSpecInput,
  parseJobSpec,
} from "./job/spec.ts";
export {
  DeadLetterFile,
  type DeadLetterFileOptions,
} from "./sink/dead_letters.ts";
export { DuckdbSink } from "./sink/duckdb_sink.ts";
export { NdjsonSink } from "./sink/ndjson_sink.ts";
export { NoneSink } from "./sink/none_sink.ts";
export type {
  DeadLetter,
  DeadLetterSink,
  FiredWindow,
  Sink,
  SinkStats,
} from "./sink/sink.ts";
export type {
  FileSource,
  KinesisFrom,
  KinesisSource,
  Source,
} from "./source.ts";
export { accountedFor, type EngineStatus } from "./status/status.ts";
export { VERSION } from "./version.ts";

/**
 * What a translation to Flink SQL may be told.
 *
 * @module
 */

/** Where a Kinesis source starts. */
export type FlinkStart =
  | { readonly type: "latest" }
  | { readonly type: "earliest" }
  | { readonly type: "timestamp"; readonly ms: number };

/** Kinesis connectors that SQL can name. */
export const KINESIS_CONNECTORS = ["kinesis", "kinesis-legacy"] as const;
/** One of {@linkcode KINESIS_CONNECTORS}. */
export type KinesisConnector = (typeof KINESIS_CONNECTORS)[number];

/** A stream as Flink's source. */
export interface FlinkKinesisSource {
  readonly type: "kinesis";
  /** ARN of the stream; `kinesis-legacy` takes its name out of it. */
  readonly streamArn: string;
  readonly region: string;
  readonly from: FlinkStart;
  /** Another address than the region's. */
  readonly endpoint?: string | undefined;
  /**
   * `kinesis`: the Source of connector 5 and later. `kinesis-legacy`: the older
   * SourceFunction in `flink-sql-connector-kinesis` for Flink 1.x, which
   * de-aggregates and tells arrival times.
   *
   * @default {"kinesis"}
   */
  readonly connector?: KinesisConnector;
}

/** Files as Flink's source; every TaskManager must see them. */
export interface FlinkFilesSource {
  readonly type: "files";
  /** A file, or a folder of nothing but such files; a path or a URL. */
  readonly path: string;
  /** Regular expression for whole paths; only files that match are read. */
  readonly pathRegex?: string | undefined;
  /** Look for new files so often, and never end; only in streaming mode. */
  readonly watchMs?: number | undefined;
}

/** Where Flink reads. */
export type FlinkSource = FlinkKinesisSource | FlinkFilesSource;

/** An OpenSearch cluster as Flink's sink. */
export interface FlinkOpensearchSink {
  readonly type: "opensearch";
  readonly hosts: readonly string[];
  readonly indexPrefix: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** JSON files as Flink's sink: a folder for each query. */
export interface FlinkFilesSink {
  readonly type: "files";
  /** A path or a URL; queries get folders in it. */
  readonly path: string;
}

/** Where Flink writes. */
export type FlinkSink = FlinkOpensearchSink | FlinkFilesSink;

/** Options for `flinkSql`. */
export interface FlinkSqlOptions {
  /** @default a stream with placeholders for its region and account */
  readonly source?: FlinkSource;
  /** @default an OpenSearch cluster with a placeholder for its host */
  readonly sink?: FlinkSink;
  /**
   * `batch` reads files to their end, and no event is ever late.
   *
   * @default {"batch"} for files that are not watched, else `streaming`
   */
  readonly mode?: "streaming" | "batch";
  /** Tasks of each operator; the cluster's default when left out. */
  readonly parallelism?: number | undefined;
  /** @default {10_000} */
  readonly checkpointIntervalMs?: number;
  /** When a shard without records no longer holds windows back; 0: never. @default {300_000} */
  readonly idleTimeoutMs?: number;
  /** How far a shard may be ahead of the slowest, in event time; 0 is no limit. @default {0} */
  readonly alignmentDriftMs?: number;
  /** Only windows that end after this are emitted; for going on from elsewhere. */
  readonly firedUpToMs?: number | undefined;
}

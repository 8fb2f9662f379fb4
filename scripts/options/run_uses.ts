/**
 * When the options of `flagdrop run` have an effect.
 *
 * @module
 */
import type { RunOptions } from "./run_options.ts";
import type { OptionUse } from "./unused_options.ts";

const OF_STREAMS = [
  ...["endpoint", "consumer", "readsPerSecond", "kplOutOfRange"],
  ...["onTrimmed", "idleTimeout"],
];

/** A file is read from its beginning, and a checkpoint knows how far it was. */
function fitsFiles(from: RunOptions["from"]): boolean {
  return from?.type !== "latest" && from?.type !== "at";
}

/** What {@linkcode RunOptions} make of each other. */
export function runUses(options: RunOptions): OptionUse[] {
  const { source, from, checkpoint, tiles, emf, watchTermination } = options;
  // Without --sink there is a store.
  const sinks = options.sink ?? ["duckdb:"];
  const writesTo = (kind: string) => sinks.some((one) => one.startsWith(kind));
  return [
    {
      options: OF_STREAMS,
      isUsed: source === undefined,
      problem: "with --source: it is for --stream, leave it away",
    },
    {
      options: ["from"],
      isUsed: source === undefined || fitsFiles(from),
      problem:
        "with --source, as files are read from their beginning: leave it away, or write checkpoint:NAME",
    },
    {
      options: [
        ...["checkpointInterval", "checkpointMaxAge"],
        ...["onJobChange", "onTrimmed"],
      ],
      isUsed: checkpoint !== undefined,
      problem: "without --checkpoint: give the place where checkpoints are",
    },
    {
      options: ["s3Endpoint"],
      isUsed: checkpoint?.startsWith("s3://") ?? false,
      problem:
        "without checkpoints in S3: give --checkpoint s3://BUCKET/PREFIX",
    },
    {
      options: ["retention"],
      isUsed: writesTo("duckdb:"),
      problem:
        "without a store: give --sink duckdb:FILE (OpenSearch has policies of its own for that)",
    },
    {
      options: [
        ...["opensearchAuth", "opensearchService", "opensearchUser"],
        ...["opensearchPassword", "opensearchIndex", "opensearchIndexTime"],
        ...["opensearchIds", "opensearchTemplate", "opensearchGzip"],
      ],
      isUsed: writesTo("opensearch:"),
      problem: "without OpenSearch: give --sink opensearch:URL",
    },
    {
      options: ["tilesAttribution"],
      isUsed: tiles !== undefined,
      problem: "without --tiles: give the tiles' address",
    },
    {
      options: ["emfName", "emfLogGroup", "emfShards"],
      isUsed: emf !== undefined,
      problem: "without --emf: give the place where metrics go",
    },
    {
      options: ["terminationHook"],
      isUsed: watchTermination,
      problem: "without --watch-termination: give that too",
    },
  ];
}

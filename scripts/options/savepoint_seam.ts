/**
 * Reads the savepoint that `flagdrop flink submit --from-savepoint` names, and
 * works out where Flink takes over from it.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Checkpoint } from "../../engine/checkpoint/checkpoint.ts";
import { decodeCheckpoint } from "../../engine/checkpoint/checkpoint_codec.ts";
import { openObjects } from "../../engine/checkpoint/open_store.ts";
import {
  parseS3Address,
  type S3Connection,
} from "../../engine/checkpoint/s3_address.ts";
import {
  type CatalogEntry,
  findEntry,
  readCatalog,
} from "../../engine/checkpoint/store_catalog.ts";
import { FlagdropError } from "../../engine/errors.ts";
import type { FlinkSource } from "../../engine/flink/flink_sql_options.ts";
import { SAVEPOINT_BYTES_MAX } from "../../engine/flink/limits.ts";
import { type FlinkSeam, seamOf } from "../../engine/flink/seam.ts";
import { planJob } from "../../engine/job/plan.ts";
import type { JobSpec } from "../../engine/job/spec.ts";
import { readBounded } from "./read_bounded.ts";

/** Which savepoint, and what is to go on from it. */
export interface SeamRequest {
  /** A file, a run's `--checkpoint`, or that with a savepoint's name behind it. */
  readonly place: string;
  readonly spec: JobSpec;
  readonly source: FlinkSource;
  readonly s3: () => Promise<S3Connection>;
}

/** What the translation is told, and what is to be said. */
export interface AppliedSeam {
  readonly source: FlinkSource;
  readonly firedUpToMs: number | undefined;
  readonly seam: FlinkSeam;
}

async function entries(place: string, s3: SeamRequest["s3"]) {
  const objects = await openObjects(place, s3);
  try {
    return await readCatalog(objects);
  } finally {
    await objects.close();
  }
}

function checkpointOf({ checkpoint, problem }: CatalogEntry): Checkpoint {
  if (checkpoint !== undefined) return checkpoint;
  throw new FlagdropError("FD_STORE", problem);
}

/** The newest of a store, or the one that the last part of its name names. */
async function storedCheckpoint(
  place: string,
  s3: SeamRequest["s3"],
): Promise<Checkpoint> {
  const whole = await entries(place, s3);
  const [newest] = whole.entries
    .flatMap(({ checkpoint }) => checkpoint ?? [])
    .sort((a, b) => b.takenAtMs - a.takenAtMs);
  if (newest !== undefined) return newest;
  const [damaged] = whole.entries;
  if (damaged !== undefined) return checkpointOf(damaged);
  const trimmed = place.replace(/\/+$/, "");
  const store = parseS3Address(trimmed)
    ? trimmed.slice(0, trimmed.lastIndexOf("/"))
    : dirname(trimmed);
  return checkpointOf(
    findEntry(await entries(store, s3), basename(trimmed), store),
  );
}

async function isFile(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isFile();
  } catch {
    return false;
  }
}

const SAVEPOINT = {
  what: "savepoint",
  code: "FD_STORE",
  bytesMax: SAVEPOINT_BYTES_MAX,
} as const;

async function readSavepoint(
  place: string,
  s3: SeamRequest["s3"],
): Promise<Checkpoint> {
  // A folder, a name behind it, or in S3.
  if (!(await isFile(place))) return await storedCheckpoint(place, s3);
  return decodeCheckpoint(await readBounded(place, SAVEPOINT), place);
}

/** Why a source is another one than the savepoint's; undefined if it isn't. */
function otherSource(
  { source: read }: Checkpoint,
  source: FlinkSource,
): string | undefined {
  if (read.type !== source.type) {
    const kinds = { kinesis: "a stream", files: "files" };
    return `it is of ${kinds[read.type]} and not of ${kinds[source.type]}: give the run's own`;
  }
  if (source.type !== "kinesis" || read.type !== "kinesis") return undefined;
  return source.streamArn === read.streamArn
    ? undefined
    : `it is of ${read.streamArn}: give that as --stream`;
}

/**
 * Reads a savepoint, and applies its seam to the source.
 *
 * @throws {FlagdropError} `FD_STORE` when it can't be read or Flink can't take
 * over from it, with the reason.
 */
export async function seamFrom({
  place,
  spec,
  source,
  s3,
}: SeamRequest): Promise<AppliedSeam> {
  const checkpoint = await readSavepoint(place, s3);
  const { hash: jobHash } = planJob(spec);
  const seam = seamOf(checkpoint, {
    jobHash,
    allowedLatenessMs: spec.allowedLatenessMs,
    hasDedupe: spec.dedupe !== null,
  });
  const reason = otherSource(checkpoint, source) ?? seam.refusals[0];
  if (reason !== undefined) {
    throw new FlagdropError(
      "FD_STORE",
      `Cannot go on from savepoint "${place}" on Flink: ${reason}`,
      { domain: "user" },
    );
  }
  const { startArrivalMs: ms, firedUpToMs } = seam;
  return {
    source:
      source.type === "files"
        ? source
        : {
            ...source,
            from:
              ms === null ? { type: "earliest" } : { type: "timestamp", ms },
          },
    firedUpToMs: firedUpToMs ?? undefined,
    seam,
  };
}

/** What is told before such a job starts. */
export function seamLine({ seam, source }: AppliedSeam): string {
  const from =
    seam.startArrivalMs === null
      ? source.type === "files"
        ? "from the beginning of the files"
        : "from the stream's oldest record"
      : `from arrival ${new Date(seam.startArrivalMs).toISOString()}`;
  const emitted =
    seam.firedUpToMs === null
      ? "all windows"
      : `windows that end after ${new Date(seam.firedUpToMs + 1).toISOString()}`;
  return `reading ${from} to rebuild ${seam.windowsOpen} open windows; ${emitted} are emitted`;
}

/**
 * Where a run's checkpoints are kept, and which one it goes on from.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Checkpoint } from "../../engine/checkpoint/checkpoint.ts";
import { decodeCheckpoint } from "../../engine/checkpoint/checkpoint_codec.ts";
import type { CheckpointStore } from "../../engine/checkpoint/checkpoint_store.ts";
import {
  openCheckpointStore,
  openObjects,
} from "../../engine/checkpoint/open_store.ts";
import type { S3Connection } from "../../engine/checkpoint/s3_address.ts";
import {
  findEntry,
  readCatalog,
} from "../../engine/checkpoint/store_catalog.ts";
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import type { RunCheckpoints } from "../../engine/engine.ts";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import type { Source } from "../../engine/source.ts";
import type { CommandContext } from "../context.ts";
import { s3ConnectionFrom } from "./connection.ts";
import type { RunOptions } from "./run_options.ts";

/** The bytes of a file; undefined when there is none. */
async function fileBytes(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}

/** A checkpoint by the name that `--from checkpoint:NAME` gives. */
async function namedCheckpoint(
  name: string,
  storeName: string,
  s3: () => Promise<S3Connection>,
): Promise<Checkpoint> {
  const file = await fileBytes(name);
  if (file !== undefined) return decodeCheckpoint(file, name);
  const objects = await openObjects(storeName, s3);
  try {
    const entry = findEntry(await readCatalog(objects), name, storeName);
    if (entry.checkpoint !== undefined) return entry.checkpoint;
    throw new FlagdropError("FD_STORE", entry.problem);
  } finally {
    await objects.close();
  }
}

/** What the run goes on from; said in the log. */
async function restoredFrom(
  load: () => Promise<Checkpoint | undefined>,
  store: CheckpointStore,
  { log }: CommandContext,
): Promise<Checkpoint | undefined> {
  const restored = await load();
  if (restored === undefined) return undefined;
  log.info(
    {
      number: restored.number,
      takenAt: new Date(restored.takenAtMs).toISOString(),
      read: restored.merger.counts.read,
    },
    restored.finished
      ? `the run in "${store.name}" has finished: nothing is left to do`
      : "going on from checkpoint",
  );
  return restored;
}

/**
 * Opens `--checkpoint`, if there is one, and loads its newest, or the one that
 * `--from checkpoint:NAME` names.
 *
 * @throws {FlagdropError} When another run uses it, or it can't be used.
 */
export async function checkpointsFrom(
  options: RunOptions,
  source: Source,
  context: CommandContext,
): Promise<RunCheckpoints | undefined> {
  const { checkpoint, from, checkpointInterval: intervalMs } = options;
  if (checkpoint === undefined) {
    if (from?.type !== "checkpoint") return undefined;
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot use --from checkpoint:… without --checkpoint: give the place where the run keeps its own",
      { domain: "user" },
    );
  }
  const { clock, random } = machineHost;
  const { log, signal } = context;
  const kinesis = source.type === "kinesis" ? source.connection : undefined;
  const s3 = () => s3ConnectionFrom(options, kinesis);
  const store = await openCheckpointStore(checkpoint, {
    clock,
    random,
    log,
    signal,
    s3,
  });
  const newest = () =>
    store.load((error) =>
      log.error(`${errorLine(error)}: trying the one before`),
    );
  try {
    const restored = await restoredFrom(
      from?.type === "checkpoint"
        ? () => namedCheckpoint(from.name, checkpoint, s3)
        : newest,
      store,
      context,
    );
    const ageMsMax = options.checkpointMaxAge;
    const { onJobChange } = options;
    return { store, restored, intervalMs, ageMsMax, onJobChange };
  } catch (error) {
    await store.close();
    throw error;
  }
}

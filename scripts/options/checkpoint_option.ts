/**
 * Where a run's checkpoints are kept, and which one it goes on from.
 *
 * @module
 */
import type { Checkpoint } from "../../engine/checkpoint/checkpoint.ts";
import type { CheckpointStore } from "../../engine/checkpoint/checkpoint_store.ts";
import { openCheckpointStore } from "../../engine/checkpoint/open_store.ts";
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import type { RunCheckpoints } from "../../engine/engine.ts";
import { errorLine } from "../../engine/errors.ts";
import type { Source } from "../../engine/source.ts";
import type { CommandContext } from "../context.ts";
import { s3ConnectionFrom } from "./connection.ts";
import type { RunOptions } from "./run_options.ts";

async function restoredFrom(
  store: CheckpointStore,
  { log }: CommandContext,
): Promise<Checkpoint | undefined> {
  const restored = await store.load((error) =>
    log.error(`${errorLine(error)}: trying the one before`),
  );
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
 * Opens `--checkpoint`, if there is one, and loads its newest.
 *
 * @throws {FlagdropError} When another run uses it, or it can't be used.
 */
export async function checkpointsFrom(
  options: RunOptions,
  source: Source,
  context: CommandContext,
): Promise<RunCheckpoints | undefined> {
  const { checkpoint, checkpointInterval: intervalMs } = options;
  if (checkpoint === undefined) return undefined;
  const { clock, random } = machineHost;
  const { log, signal } = context;
  const kinesis = source.type === "kinesis" ? source.connection : undefined;
  const store = await openCheckpointStore(checkpoint, {
    clock,
    random,
    log,
    signal,
    s3: () => s3ConnectionFrom(options, kinesis),
  });
  try {
    const restored = await restoredFrom(store, context);
    return { store, restored, intervalMs };
  } catch (error) {
    await store.close();
    throw error;
  }
}

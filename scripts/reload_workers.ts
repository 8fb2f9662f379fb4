/**
 * SIGHUP reads the number of workers anew from the `--config` file, so that it
 * can be changed without a stop.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Engine } from "../engine/engine_options.ts";
import { errorLine } from "../engine/errors.ts";

/** Where SIGHUP comes from; `process` is one. */
export interface HangUps {
  on(name: "SIGHUP", handle: () => void): unknown;
  off(name: "SIGHUP", handle: () => void): unknown;
}

/** Options for {@linkcode reloadWorkers}. */
export interface ReloadWorkersOptions {
  readonly engine: Pick<Engine, "setWorkers">;
  /** What the file says now; undefined when it says nothing that counts. */
  readonly read: () => Promise<number | undefined>;
  readonly log: Logger;
  readonly hangUps: HangUps;
}

/**
 * Follows the file from now on. A file that is wrong changes nothing.
 *
 * @returns Ends it.
 */
export function reloadWorkers({
  engine,
  read,
  log,
  hangUps,
}: ReloadWorkersOptions): () => void {
  const reload = async () => {
    try {
      const count = await read();
      if (count === undefined) {
        log.warn(
          "SIGHUP changes nothing: the number of workers does not come from the --config file",
        );
        return;
      }
      await engine.setWorkers(count);
    } catch (error) {
      log.error(`${errorLine(error)}: nothing is changed`);
    }
  };
  const handle = () => void reload();
  hangUps.on("SIGHUP", handle);
  return () => hangUps.off("SIGHUP", handle);
}

/**
 * SIGINT and SIGTERM: the first asks a command to finish, the second ends the
 * process. A reader of standard output that goes away counts as a first one.
 *
 * @module
 */

/** Exit code after a second signal, as shells have it for an interrupt. */
const EXIT_INTERRUPTED = 130;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Where stop signals come from. */
export interface StopSignals {
  /**
   * Starts to listen.
   *
   * @param onFirst Called with the name of the first signal.
   * @returns Aborted by the first signal.
   */
  start(onFirst: (name: string) => void): AbortSignal;
  /** Stops listening. */
  stop(): void;
}

/** The signals of this process. */
export function processSignals(): StopSignals {
  const controller = new AbortController();
  let onFirst: (name: string) => void = () => {};
  const handle = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      process.exit(EXIT_INTERRUPTED);
    } else {
      controller.abort();
      onFirst(name);
    }
  };
  // As in `flagdrop demo | head`: nobody is left to tell.
  process.stdout.on("error", () => controller.abort());
  return {
    start(listener) {
      onFirst = listener;
      for (const name of SIGNALS) process.on(name, handle);
      return controller.signal;
    },
    stop() {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}

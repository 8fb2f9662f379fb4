/**
 * What surrounds an engine that runs as a service: systemd's notices, metrics,
 * and the end of its machine.
 *
 * @module
 */
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import type { Engine } from "../../engine/engine.ts";
import { errorLine } from "../../engine/errors.ts";
import type { CommandContext } from "../context.ts";
import { renderLine } from "../live_view/render_line.ts";
import { connectionFrom } from "../options/connection.ts";
import type { RunOptions } from "../options/run_options.ts";
import { EmfLines } from "./emf_lines.ts";
import { openEmfOutput } from "./emf_output.ts";
import { EMF_INTERVAL_MS } from "./limits.ts";
import { MetadataService } from "./metadata_service.ts";
import { ServiceNotices } from "./service_notices.ts";
import { type Termination, watchTermination } from "./termination_watch.ts";

/** A service under way. */
export interface RunningService {
  /** Says the last things; to be called when the engine has finished. */
  close(): Promise<void>;
}

/** What a service is made of. */
export interface ServiceParts {
  readonly engine: Engine;
  readonly options: RunOptions;
  readonly context: CommandContext;
  /** @default {process.env} */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Writes metrics each minute, and once more at the end. */
function startMetrics({ engine, options, context }: ServiceParts) {
  const { emf, emfName, emfLogGroup, emfShards } = options;
  if (emf === undefined) return async () => {};
  const output = openEmfOutput(emf, context.stdout);
  const lines = new EmfLines({
    name: emfName,
    logGroup: emfLogGroup,
    hasShards: emfShards,
  });
  let hadTrouble = false;
  let isWriting = false;
  const write = async () => {
    if (isWriting) return;
    isWriting = true;
    try {
      await output(lines.next(engine.status()).join(""));
      hadTrouble = false;
    } catch (error) {
      // Metrics are lost, and seen to be missing; the run goes on.
      if (!hadTrouble) context.log.warn(`no metrics: ${errorLine(error)}`);
      hadTrouble = true;
    } finally {
      isWriting = false;
    }
  };
  void write();
  const callOff = machineHost.clock.every(EMF_INTERVAL_MS, () => void write());
  return async () => {
    callOff();
    await write();
  };
}

/** Stops the engine on notice; what is left to do is said at the end. */
function startWatch({
  engine,
  options,
  context,
  env = process.env,
}: ServiceParts) {
  const { log } = context;
  let seen: Termination | undefined;
  if (!options.watchTermination) return async () => {};
  const callOff = watchTermination({
    metadata: new MetadataService(env),
    clock: machineHost.clock,
    onTermination(termination) {
      seen = termination;
      log.warn(
        { ...termination },
        "the instance is about to be ended: finishing",
      );
      // What stopping fails with, `finished` fails with.
      engine.stop().catch(() => {});
    },
    onTrouble(error) {
      log.warn(`cannot watch for the instance's end: ${errorLine(error)}`);
    },
  });
  return async () => {
    callOff();
    const { terminationHook: hook } = options;
    if (seen?.reason !== "lifecycle hook" || hook === undefined) return;
    const { completeLifecycleAction } = await import("./lifecycle_action.ts");
    try {
      await completeLifecycleAction({
        hook,
        instanceId: seen.instanceId,
        connection: await connectionFrom(options, env),
        clock: machineHost.clock,
        endpoint: env["AWS_ENDPOINT_URL_AUTO_SCALING"],
      });
      log.info({ hook }, "lifecycle action completed");
    } catch (error) {
      log.warn(
        `cannot complete lifecycle action ${hook}, its time-out ends the instance: ${errorLine(error)}`,
      );
    }
  };
}

/** Tells systemd that the engine is ready, and surrounds it until it ends. */
export function startService(parts: ServiceParts): RunningService {
  const { engine, context, env = process.env } = parts;
  const { log, signal } = context;
  const notices = new ServiceNotices({
    env,
    clock: machineHost.clock,
    status: () => renderLine(engine.status()),
    onTrouble: (error) =>
      log.warn(`cannot notify systemd: ${errorLine(error)}`),
  });
  notices.ready();
  const stopping = () => notices.stopping();
  if (signal.aborted) stopping();
  signal.addEventListener("abort", stopping, { once: true });
  const endMetrics = startMetrics(parts);
  const endWatch = startWatch(parts);
  return {
    async close() {
      signal.removeEventListener("abort", stopping);
      await endMetrics();
      await endWatch();
      await notices.close();
    },
  };
}

/**
 * Serves a run's page and status.
 *
 * @module
 */
import { dashboard } from "../engine/dashboard/dashboard.ts";
import type { Engine } from "../engine/engine.ts";
import { errorLine } from "../engine/errors.ts";
import type { JobPlan } from "../engine/job/plan.ts";
import { DuckdbSink } from "../engine/sink/duckdb_sink.ts";
import { OpensearchSink } from "../engine/sink/opensearch/opensearch_sink.ts";
import type { Sink } from "../engine/sink/sink.ts";
import { actionsOf } from "../engine/status/engine_actions.ts";
import {
  type StatusServer,
  startStatusServer,
} from "../engine/status/server.ts";
import type { CommandContext } from "./context.ts";
import { tellStorePage } from "./store_page.ts";

/** Options for {@linkcode servePage}. */
export interface ServePageOptions {
  readonly engine: Engine;
  readonly plan: JobPlan;
  /** Results are read from the first that can be read. */
  readonly sinks: readonly Sink[];
  readonly deadLettersPath: string;
  /** The command's options, by name. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly context: CommandContext;
  readonly host?: string;
  readonly port?: number | undefined;
  readonly token?: string | undefined;
  readonly isInsecure?: boolean;
  readonly isReadOnly?: boolean;
  readonly tiles?: string | undefined;
  readonly tilesAttribution?: string | undefined;
}

/**
 * Starts serving.
 *
 * @throws {FlagdropError} When it can't listen there, or must not.
 */
export async function servePage(
  options: ServePageOptions,
): Promise<StatusServer> {
  const { engine, plan, sinks, context, isReadOnly = false } = options;
  const { log, problems } = context;
  const actions = actionsOf(engine);
  const store = sinks.find(
    (sink) => sink instanceof DuckdbSink || sink instanceof OpensearchSink,
  );
  const page = dashboard({
    plan,
    results: store?.results,
    engine,
    actions,
    isReadOnly,
    config: options.config,
    deadLettersPath: options.deadLettersPath,
    tiles: options.tiles,
    tilesAttribution: options.tilesAttribution,
    problems,
  });
  const { host, port, token, isInsecure } = options;
  const server = await startStatusServer({
    ...(host !== undefined && { host }),
    port,
    token,
    isInsecure,
    isReadOnly,
    status: () => engine.status(),
    log,
    actions,
    extend: page.extend,
  });
  const takeBack =
    store instanceof DuckdbSink
      ? await tellStorePage(store.file, server.url).catch((error: unknown) =>
          log.debug({}, `the store's page is not told: ${errorLine(error)}`),
        )
      : undefined;
  return {
    url: server.url,
    async close() {
      await takeBack?.();
      page.close();
      await server.close();
    },
  };
}

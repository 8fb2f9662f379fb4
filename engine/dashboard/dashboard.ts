/**
 * The dashboard: the page, the results it reads, and the feed that keeps it
 * live. It is added to the status server.
 *
 * @module
 */
import type { Hono } from "hono";
import { type Clock, systemClock } from "../clock.ts";
import type { OpenWindowsChoice } from "../engine_options.ts";
import type { JobPlan } from "../job/plan.ts";
import type { LogProblem } from "../log.ts";
import { addResultRoutes } from "../results/result_routes.ts";
import type { Results } from "../results/results.ts";
import type { FiredWindow } from "../sink/sink.ts";
import type { EngineActions } from "../status/engine_actions.ts";
import type { EngineStatus } from "../status/status.ts";
import { CityReader } from "./city_reader.ts";
import { OPEN_KEYS_SHOWN_MAX } from "./limits.ts";
import { LiveFeed } from "./live_feed.ts";
import { addLiveRoutes } from "./live_routes.ts";
import { maskedConfig } from "./masked_config.ts";
import { addPageRoutes } from "./page_routes.ts";
import { recentLetters } from "./recent_letters.ts";
import { tilesCredit } from "./tiles_address.ts";

/** What of an engine the dashboard needs. */
export interface WatchedEngine {
  status(): EngineStatus;
  openWindows(choice: OpenWindowsChoice): readonly FiredWindow[];
}

/** Options for {@linkcode dashboard}. */
export interface DashboardOptions {
  readonly plan: JobPlan;
  readonly results: Results | undefined;
  /** Undefined where only a store is looked at. */
  readonly engine: WatchedEngine | undefined;
  readonly actions: EngineActions;
  readonly isReadOnly: boolean;
  /** The run's options, by name. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly deadLettersPath?: string | undefined;
  /** Raster tiles under the cells, see {@linkcode tilesProblem}. */
  readonly tiles?: string | undefined;
  /** What stands on the map about them. @default {as `tilesCredit` has it} */
  readonly tilesAttribution?: string | undefined;
  /** Warnings and errors so far, the newest last. */
  readonly problems: () => readonly LogProblem[];
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** A dashboard that can be added to a server. */
export interface Dashboard {
  readonly extend: (app: Hono) => void;
  /** Ends the feed. */
  close(): void;
}

/** Names of the actions that can be asked for. */
function actionNames(options: DashboardOptions): string[] {
  const { actions, isReadOnly, engine } = options;
  if (isReadOnly) return [];
  const keepsCheckpoints = engine?.status().checkpoint !== null;
  return Object.entries(actions)
    .filter(([, action]) => action !== undefined)
    .map(([name]) => name)
    .filter((name) => name !== "savepoint" || keepsCheckpoints);
}

/** Makes a dashboard. */
export function dashboard(options: DashboardOptions): Dashboard {
  const { plan, results, engine, config, deadLettersPath, problems } = options;
  const city = new CityReader({
    plan,
    results,
    openWindows: (choice) =>
      engine?.openWindows({ ...choice, keysMax: OPEN_KEYS_SHOWN_MAX }) ?? [],
  });
  const feed = new LiveFeed({
    clock: options.clock ?? systemClock,
    status: engine && (() => engine.status()),
    city,
  });
  const shownConfig = maskedConfig(config);
  const { tiles, tilesAttribution } = options;
  const credit =
    tiles === undefined ? null : tilesCredit(tiles, tilesAttribution);
  return {
    extend(app) {
      addPageRoutes(app, tiles);
      addResultRoutes(app, { plan, results });
      addLiveRoutes(app, feed);
      app.get("/api/job", async (c) =>
        c.json({
          config: shownConfig,
          actions: actionNames(options),
          isReadOnly: options.isReadOnly,
          tiles: tiles ?? null,
          tilesCredit: credit,
          problems: problems(),
          deadLetters:
            deadLettersPath === undefined
              ? []
              : await recentLetters(deadLettersPath),
        }),
      );
    },
    close: () => feed.close(),
  };
}

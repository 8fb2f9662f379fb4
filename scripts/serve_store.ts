/**
 * What `flagdrop dashboard` does once its options are read.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { dashboard } from "../engine/dashboard/dashboard.ts";
import { errorLine, FlagdropError } from "../engine/errors.ts";
import { DuckdbResults } from "../engine/results/duckdb_results.ts";
import {
  type OpenedResults,
  openOpensearchResults,
} from "../engine/results/open_opensearch_results.ts";
import { openDatabase } from "../engine/sink/duckdb_database.ts";
import { storedPlan } from "../engine/sink/duckdb_setup.ts";
import { startStatusServer } from "../engine/status/server.ts";
import type { CommandContext } from "./context.ts";
import type { ConnectionOptions } from "./options/connection.ts";
import {
  type OpensearchOptions,
  opensearchSettings,
} from "./options/opensearch_options.ts";
import { storePage } from "./store_page.ts";

/** What the address of a cluster begins with. */
const CLUSTER_PREFIX = "opensearch:";

/** Values of the command's options. */
export interface DashboardCommandOptions
  extends ConnectionOptions,
    Partial<OpensearchOptions> {
  readonly store: string;
  readonly statusHost: string;
  readonly statusPort?: number;
  readonly token?: string;
  readonly insecure: boolean;
  readonly tiles?: string;
  readonly tilesAttribution?: string;
}

/** How long a run's page may take to answer, ms. */
const PROBE_TIMEOUT_MS = 3_000;

/** Whether a run's page answers at an address. */
async function isPage(url: string): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/healthz", url), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      redirect: "error",
    });
    const text = await answer.text();
    return /^(starting|running|stopping|finished|failed)\b/.test(text);
  } catch {
    return false;
  }
}

async function nameRunningPage(
  url: string,
  { stdout }: CommandContext,
): Promise<void> {
  if (await isPage(url)) {
    stdout.write(`The page is at ${new URL("/", url).href}\n`);
    return;
  }
  throw new FlagdropError(
    "FD_NETWORK",
    `Cannot find a run's page at "${url}": give the address that the run told at its start`,
    { domain: "user" },
  );
}

const OWNED_REGEXP = /as process (\d+) has it open/;

/** Names the page of the run that has the store open. */
async function nameOwner(
  file: string,
  error: unknown,
  context: CommandContext,
): Promise<void> {
  const [, pid] = OWNED_REGEXP.exec(errorLine(error)) ?? [];
  const url = pid === undefined ? pid : await storePage(file, Number(pid));
  if (url === undefined) throw error;
  context.log.info({ pid }, "a run has the store open");
  await nameRunningPage(url, context);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The results of a cluster. */
async function openCluster(
  urls: string,
  options: DashboardCommandOptions,
  { log }: CommandContext,
): Promise<OpenedResults> {
  const settings = await opensearchSettings(urls, options);
  return await openOpensearchResults(settings, log);
}

/** The results of a file; undefined when an engine's own page was named. */
async function openFile(
  file: string,
  context: CommandContext,
): Promise<OpenedResults | undefined> {
  if ((await stat(file).catch(() => undefined)) === undefined) {
    throw new FlagdropError(
      "FD_STORE",
      `Cannot open store "${file}" as there is no such file: name the store of a run`,
      { domain: "user" },
    );
  }
  const database = await openDatabase(file).catch(async (error: unknown) => {
    await nameOwner(file, error, context);
    return undefined;
  });
  if (database === undefined) return undefined;
  try {
    const plan = await storedPlan(database.connection, file);
    const connect = () => database.connect();
    const results = new DuckdbResults({ file, plan, connect });
    const close = async () => {
      await results.close();
      await database.close();
    };
    return { plan, results, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function serveResults(
  { plan, results }: OpenedResults,
  options: DashboardCommandOptions,
  { log, problems, stdout, signal }: CommandContext,
): Promise<void> {
  const { statusHost: host, statusPort: port, token } = options;
  const page = dashboard({
    plan,
    results,
    engine: undefined,
    actions: {},
    isReadOnly: true,
    config: { ...options },
    tiles: options.tiles,
    tilesAttribution: options.tilesAttribution,
    problems,
  });
  const server = await startStatusServer({
    host,
    port,
    token,
    isInsecure: options.insecure,
    isReadOnly: true,
    status: undefined,
    log,
    extend: page.extend,
  });
  stdout.write(`The page is at ${server.url}\n`);
  await aborted(signal);
  page.close();
  await server.close();
}

/**
 * Serves the page over a store until the command is told to stop.
 *
 * @throws {FlagdropError} When the store can't be read or served.
 */
export async function serveStore(
  options: DashboardCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { store: file } = options;
  if (/^https?:\/\//.test(file)) return await nameRunningPage(file, context);
  const opened = file.startsWith(CLUSTER_PREFIX)
    ? await openCluster(file.slice(CLUSTER_PREFIX.length), options, context)
    : await openFile(file, context);
  if (opened === undefined) return;
  try {
    await serveResults(opened, options, context);
  } finally {
    await opened.close();
  }
}

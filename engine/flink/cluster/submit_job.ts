/**
 * Hands a translated job to a cluster.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { FlagdropError } from "../../errors.ts";
import type { FlinkSql } from "../translate.ts";
import { GatewaySession } from "./gateway_session.ts";

/** Options for {@linkcode submitJob}. */
export interface SubmitOptions {
  readonly gatewayUrl: string;
  readonly clock: Clock;
  /** A savepoint of Flink's to start from. */
  readonly savepoint?: string | undefined;
  readonly signal?: AbortSignal;
}

/** A job that was handed over. */
export interface SubmittedJob {
  readonly jobId: string;
  readonly flinkVersion: string;
}

/** The option's name has changed with 1.20; both are known to none. */
function savepointSetting(version: string, path: string) {
  const isOld = /^1\.1\d(\.|$)/.test(version);
  const key = isOld
    ? "execution.savepoint.path"
    : "execution.state-recovery.path";
  return `SET '${key}' = '${path.replaceAll("'", "''")}'`;
}

/**
 * Submits a job: its tables and views in a session of their own, and the
 * statement set. Nothing is left behind in the catalog.
 *
 * @throws {FlagdropError} `FD_NETWORK`, `FD_SERVICE`; one line.
 */
export async function submitJob(
  sql: FlinkSql,
  options: SubmitOptions,
): Promise<SubmittedJob> {
  const { gatewayUrl, clock, savepoint, signal } = options;
  const session = await GatewaySession.open({
    url: gatewayUrl,
    settings: sql.settings,
    clock,
  });
  try {
    for (const statement of sql.definitions) {
      await session.run(statement, signal);
    }
    if (savepoint !== undefined) {
      await session.run(savepointSetting(session.version, savepoint), signal);
    }
    const { jobId, rows } = await session.run(sql.statementSet, signal);
    const found = jobId ?? rows[0]?.[0];
    if (typeof found !== "string" || !/^[0-9a-f]{32}$/.test(found)) {
      throw new FlagdropError(
        "FD_SERVICE",
        `Cannot follow the job as the SQL gateway named none: see its web page`,
      );
    }
    return { jobId: found, flinkVersion: session.version };
  } finally {
    await session.close();
  }
}

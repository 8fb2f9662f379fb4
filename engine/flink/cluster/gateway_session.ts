/**
 * A session of Flink's SQL gateway: runs statements one after the other.
 *
 * @module
 */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { FlagdropError } from "../../errors.ts";
import { POLL_MS, STATEMENT_MS_MAX } from "../limits.ts";
import { missingConnector } from "./connectors.ts";
import { RefusedError, RestClient } from "./rest_client.ts";

const INFO = z.object({ productName: z.string(), version: z.string() });
const SESSION = z.object({ sessionHandle: z.string().min(1) });
const OPERATION = z.object({ operationHandle: z.string().min(1) });
const RESULT = z.object({
  resultType: z.enum(["NOT_READY", "PAYLOAD", "EOS"]),
  nextResultUri: z.string().nullish(),
  jobID: z.string().nullish(),
  results: z
    .object({ data: z.array(z.object({ fields: z.array(z.unknown()) })) })
    .optional(),
});

/** What a statement gave. */
export interface StatementResult {
  /** The job that it started, if it did. */
  readonly jobId: string | undefined;
  readonly rows: readonly (readonly unknown[])[];
}

/** Options for {@linkcode GatewaySession.open}. */
export interface GatewayOptions {
  readonly url: string;
  /** Configuration of the session. */
  readonly settings: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** An open session. */
export class GatewaySession {
  /** Flink's version. */
  readonly version: string;
  readonly #rest: RestClient;
  readonly #clock: Clock;
  readonly #path: string;

  private constructor(
    rest: RestClient,
    clock: Clock,
    { handle, version }: { handle: string; version: string },
  ) {
    this.version = version;
    this.#rest = rest;
    this.#clock = clock;
    this.#path = `/v1/sessions/${encodeURIComponent(handle)}`;
  }

  /**
   * Opens a session.
   *
   * @throws {FlagdropError} `FD_NETWORK`, `FD_SERVICE`.
   */
  static async open(options: GatewayOptions): Promise<GatewaySession> {
    const { url, settings, clock } = options;
    const rest = new RestClient("SQL gateway", url, "--gateway");
    try {
      const { version } = await rest.send({ path: "/v1/info" }, INFO);
      const { sessionHandle } = await rest.send(
        {
          method: "POST",
          path: "/v1/sessions",
          body: { properties: settings },
        },
        SESSION,
      );
      return new GatewaySession(rest, clock, {
        handle: sessionHandle,
        version,
      });
    } catch (error) {
      await rest.close();
      throw asFlagdrop(error, "Cannot open a session of the SQL gateway");
    }
  }

  /**
   * Runs a statement to its end: for an INSERT, until the job is handed over.
   *
   * @param statement SQL without a semicolon.
   * @param signal Gives up waiting.
   * @throws {FlagdropError} `FD_SERVICE` with the innermost reason.
   */
  async run(statement: string, signal?: AbortSignal): Promise<StatementResult> {
    try {
      const { operationHandle } = await this.#rest.send(
        {
          method: "POST",
          path: `${this.#path}/statements`,
          body: { statement },
        },
        OPERATION,
      );
      return await this.#results(operationHandle, signal);
    } catch (error) {
      if (error instanceof RefusedError) {
        const missing = missingConnector(error.answer, this.version);
        if (missing !== undefined) throw missing;
      }
      const [first = ""] = statement.split("\n");
      throw asFlagdrop(error, `Cannot run "${first.slice(0, 80)}"`);
    }
  }

  async #results(
    operation: string,
    signal: AbortSignal | undefined,
  ): Promise<StatementResult> {
    const base = `${this.#path}/operations/${encodeURIComponent(operation)}`;
    const endMs = this.#clock.monotonicMs() + STATEMENT_MS_MAX;
    const rows: (readonly unknown[])[] = [];
    let jobId: string | undefined;
    let token = 0;
    while (this.#clock.monotonicMs() < endMs) {
      const result = await this.#rest.send(
        { path: `${base}/result/${token}` },
        RESULT,
      );
      jobId ??= result.jobID ?? undefined;
      if (result.resultType === "NOT_READY") {
        if (signal?.aborted) throw new Error("told to stop");
        await this.#clock.sleep(POLL_MS, signal);
        continue;
      }
      for (const { fields } of result.results?.data ?? []) rows.push(fields);
      if (result.resultType === "EOS" || !result.nextResultUri) {
        return { jobId, rows };
      }
      token += 1;
    }
    throw new Error(`it took more than ${STATEMENT_MS_MAX / 1_000} s`);
  }

  /** Ends the session; jobs go on. */
  async close(): Promise<void> {
    try {
      await this.#rest.send(
        { method: "DELETE", path: this.#path },
        z.unknown(),
      );
    } catch {
      // The gateway drops idle sessions by itself.
    }
    await this.#rest.close();
  }
}

/** Anything thrown while asking, as the error that a user sees. */
export function asFlagdrop(error: unknown, what: string): FlagdropError {
  if (error instanceof FlagdropError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new FlagdropError("FD_SERVICE", `${what}: ${reason}`, {
    cause: error,
  });
}

/**
 * The status server: one small HTTP server beside the engine, on loopback
 * unless told otherwise.
 *
 * @module
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { errorLine, FlagdropError } from "../errors.ts";
import { AccessToken, checkProtection } from "./access_token.ts";
import type { EngineActions } from "./engine_actions.ts";
import {
  CONNECTIONS_MAX,
  REQUEST_HEAD_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
  STATUS_PORT_DEFAULT,
} from "./limits.ts";
import { isWildcard, urlHost } from "./request_guard.ts";
import type { EngineStatus } from "./status.ts";
import { createStatusApp } from "./status_app.ts";

/** Where the server says what is no error; a pino logger is one. */
interface StatusLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Options for {@linkcode startStatusServer}. */
export interface StatusServerOptions {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly host?: string;
  /**
   * Port to listen on, 0 for any.
   *
   * @default {8787} or any free one when that is taken
   */
  readonly port?: number | undefined;
  /** Undefined where no engine runs: the status is 404 then. */
  readonly status: (() => EngineStatus) | undefined;
  readonly log: StatusLog;
  /** What the engine can be asked to do. @default {{}} */
  readonly actions?: EngineActions;
  /** Refuses every action. @default {false} */
  readonly isReadOnly?: boolean | undefined;
  /** Asked for before anything is told or done; see {@linkcode AccessToken}. */
  readonly token?: string | undefined;
  /** Serves others than this machine without a token. @default {false} */
  readonly isInsecure?: boolean | undefined;
  /** Adds what else is served. */
  readonly extend?: ((app: Hono) => void) | undefined;
}

/** A running status server. */
export interface StatusServer {
  /** Its address, e.g. `"http://127.0.0.1:8787"`. */
  readonly url: string;
  /** Stops at once; answers under way are cut off. */
  close(): Promise<void>;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function cannotListen(
  error: unknown,
  host: string,
  port: number,
): FlagdropError {
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE:
      " as the port is in use: give another --status-port, or 0 for any",
    EACCES:
      " as this port is not allowed: give a --status-port from 1024 on, or 0 for any",
    EADDRNOTAVAIL:
      " as this machine has no such address: give another --status-host",
    ENOTFOUND: " as there is no such host: give another --status-host",
  };
  return new FlagdropError(
    "FD_NETWORK",
    `Cannot serve the status on ${urlHost(host)}:${port}${problems[String(codeOf(error))] ?? `: ${errorLine(error)}`}`,
    { domain: "user", cause: error },
  );
}

function appOf(options: StatusServerOptions, port: number): Hono {
  const { host = "127.0.0.1", status, log, token, extend } = options;
  return createStatusApp({
    host,
    status,
    onError: (problem) => log.warn({ problem }, "cannot answer for the status"),
    onAction: (message) => log.info({}, message),
    actions: options.actions ?? {},
    isReadOnly: options.isReadOnly ?? false,
    token: token === undefined ? undefined : new AccessToken(token, port),
    ...(extend && { extend }),
  });
}

/**
 * Starts the status server.
 *
 * @throws {FlagdropError} `FD_NETWORK` when it can't listen there; `FD_OPTION`
 * when others than this machine could reach it unasked.
 */
export async function startStatusServer(
  options: StatusServerOptions,
): Promise<StatusServer> {
  const { host = "127.0.0.1", port, log, token, isInsecure } = options;
  checkProtection({ host, token, isInsecure });
  const server = createServer({
    maxHeaderSize: REQUEST_HEAD_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
  });
  server.maxConnections = CONNECTIONS_MAX;
  try {
    await listen(server, host, port ?? STATUS_PORT_DEFAULT);
  } catch (error) {
    const isTaken = codeOf(error) === "EADDRINUSE";
    if (port !== undefined || !isTaken) {
      throw cannotListen(error, host, port ?? STATUS_PORT_DEFAULT);
    }
    await listen(server, host, 0);
  }
  const { port: chosen } = server.address() as AddressInfo;
  const app = appOf(options, chosen);
  server.on(
    "request",
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  );
  const url = `http://${isWildcard(host) ? "127.0.0.1" : urlHost(host)}:${chosen}`;
  if (port === undefined && chosen !== STATUS_PORT_DEFAULT) {
    log.info(
      { url },
      `port ${STATUS_PORT_DEFAULT} is taken: the status is on another one`,
    );
  }
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

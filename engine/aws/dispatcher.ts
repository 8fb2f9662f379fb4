/**
 * The way out to an AWS service over HTTP/1.1: connections kept alive, proxies
 * and further certificate authorities as the user set them, bounded waits.
 *
 * @module
 */
import { createRequire } from "node:module";
import { createSecureContext, rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import type { AwsConnection } from "./connection.ts";
import { isLoopback } from "./credentials.ts";

/** Options for {@linkcode createDispatcher}. */
export interface DispatcherOptions {
  /**
   * Connections to one origin. HTTP/1.1 carries one request each, so this is
   * also the number of requests in flight; further ones wait.
   *
   * @default {64}
   */
  readonly connectionsMax?: number;
  /** How long a connection may take to open. @default {5000} */
  readonly connectTimeoutMs?: number;
  /** Longest silence before the headers or inside a body. @default {20000} */
  readonly silenceTimeoutMs?: number;
}

/** An idle connection is closed after this; a service's shorter hint wins. */
const IDLE_CONNECTION_MS = 30_000;

/**
 * A connection is replaced after this, so that names are resolved anew: a
 * service moves its addresses, and a connection would stay with an old one.
 */
const CONNECTION_AGE_MS_MAX = 5 * 60_000;

/**
 * Loaded with the first dispatcher, which a worker without a proxy never needs.
 * Required, as an import first parses each of its 110 files for names: half as
 * much CPU time again, at every start.
 */
function loadUndici(): typeof import("undici") {
  return createRequire(import.meta.url)("undici");
}

/** TLS options: the usual authorities and the user's own, parsed only once. */
function tlsOptions(caPem: string) {
  if (caPem === "") return {};
  return {
    secureContext: createSecureContext({ ca: [...rootCertificates, caPem] }),
  };
}

/**
 * Opens a dispatcher. Proxies are taken from `HTTP_PROXY`, `HTTPS_PROXY` and
 * `NO_PROXY` (either case), but never for a loopback endpoint. Its idle
 * connections don't keep the process alive; `close()` waits for requests.
 *
 * @param connection Only its endpoint and certificate authorities are read.
 * @param options Limits.
 */
export function createDispatcher(
  connection: Pick<AwsConnection, "endpoint" | "caPem">,
  options: DispatcherOptions = {},
): Dispatcher {
  const {
    connectionsMax = 64,
    connectTimeoutMs = 5_000,
    silenceTimeoutMs = 20_000,
  } = options;
  const { Agent, EnvHttpProxyAgent } = loadUndici();
  const tls = tlsOptions(connection.caPem);
  const agentOptions = {
    connections: connectionsMax,
    pipelining: 1,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    clientTtl: CONNECTION_AGE_MS_MAX,
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
    connect: { timeout: connectTimeoutMs, ...tls },
  };
  if (isLoopback(connection.endpoint)) return new Agent(agentOptions);
  return new EnvHttpProxyAgent({
    ...agentOptions,
    requestTls: { timeout: connectTimeoutMs, ...tls },
    proxyTls: { timeout: connectTimeoutMs, ...tls },
  });
}

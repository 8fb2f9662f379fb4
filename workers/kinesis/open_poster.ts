/**
 * Chooses how requests get to the service.
 *
 * @module
 */
import { isLoopback } from "../../engine/aws/credentials.ts";
import { createDispatcher } from "../../engine/aws/dispatcher.ts";
import {
  ConnectionPool,
  type ConnectionPoolOptions,
} from "./http/connection_pool.ts";
import { DispatcherPoster, type HttpPoster } from "./http_post.ts";

/** Whether the environment names a proxy for an address. */
function hasProxy(endpoint: string): boolean {
  if (isLoopback(endpoint)) return false;
  const name = endpoint.startsWith("https:") ? "https_proxy" : "http_proxy";
  return Boolean(process.env[name] || process.env[name.toUpperCase()]);
}

/** Opens connections of our own, or goes through undici where a proxy is. */
export function openPoster(connection: ConnectionPoolOptions): HttpPoster {
  return hasProxy(connection.endpoint)
    ? new DispatcherPoster(createDispatcher(connection))
    : new ConnectionPool(connection);
}

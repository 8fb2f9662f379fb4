/**
 * Chooses how requests get to the service.
 *
 * @module
 */
import { createDispatcher } from "../../engine/aws/dispatcher.ts";
import { hasProxy } from "../../engine/aws/has_proxy.ts";
import {
  ConnectionPool,
  type ConnectionPoolOptions,
} from "./http/connection_pool.ts";
import { DispatcherPoster, type HttpPoster } from "./http_post.ts";

/** Opens connections of our own, or goes through undici where a proxy is. */
export function openPoster(connection: ConnectionPoolOptions): HttpPoster {
  return hasProxy(connection.endpoint)
    ? new DispatcherPoster(createDispatcher(connection))
    : new ConnectionPool(connection);
}

/**
 * Whether requests leave through a proxy.
 *
 * @module
 */
import { isLoopback } from "./credentials.ts";

/** Whether the environment names a proxy for an address. */
export function hasProxy(endpoint: string): boolean {
  if (isLoopback(endpoint)) return false;
  const name = endpoint.startsWith("https:") ? "https_proxy" : "http_proxy";
  return Boolean(process.env[name] || process.env[name.toUpperCase()]);
}

/**
 * Keeps other web sites away from the status server: a page elsewhere may make
 * a browser on this machine ask for it, under a name of its own that it points
 * here (DNS rebinding), or from its own origin.
 *
 * @module
 */
import { isIP } from "node:net";

/** What a request says of itself. */
export interface RequestOrigin {
  /** The `Host` header. */
  readonly host: string | undefined;
  /** The `Origin` header; browsers send it where it matters. */
  readonly origin: string | undefined;
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set([
  "localhost",
  "127.0.0.1",
  "[::1]",
]);

/** Whether an address stands for all addresses of the machine. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** An address as it stands in a URL. */
export function urlHost(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

function hostUrl(host: string): URL | undefined {
  // Else a URL would take a path or a user for part of the host.
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined;
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
}

/**
 * Why a request must be refused.
 *
 * @param request Its headers.
 * @param boundHost The host that the server was told to listen on.
 * @returns One line, or `undefined` for a request that is fine.
 */
export function refusalOf(
  { host, origin }: RequestOrigin,
  boundHost: string,
): string | undefined {
  const url = hostUrl(host ?? "");
  if (url === undefined) return "the Host header is missing or malformed";
  const { hostname } = url;
  // A name can be pointed here by anyone; an address can't.
  const isAddress = isIP(hostname.replaceAll(/[[\]]/g, "")) !== 0;
  const isKnown =
    LOOPBACK_NAMES.has(hostname) ||
    hostname === urlHost(boundHost).toLowerCase() ||
    (isWildcard(boundHost) && isAddress);
  if (!isKnown) return `the host "${hostname}" is not this server's`;
  if (origin !== undefined && origin !== url.origin) {
    return "requests from other origins are not answered";
  }
  return undefined;
}

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

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return (
    LOOPBACK_NAMES.has(urlHost(name)) ||
    (isIP(name) === 4 && name.startsWith("127."))
  );
}

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

/** Header that only a page of this server can send without being asked for. */
export const ACTION_HEADER = "x-flagdrop-action";

/** What a request that changes something says of itself. */
export interface ActionOrigin {
  readonly contentType: string | undefined;
  /** The {@linkcode ACTION_HEADER}. */
  readonly action: string | undefined;
  readonly authorization: string | undefined;
  /** `Sec-Fetch-Site`, from browsers. */
  readonly site: string | undefined;
}

/**
 * Why a request that would change something must be refused. Another site's
 * page can neither set a header of its own nor JSON as the content type
 * without the browser asking first, which nobody here answers.
 *
 * @returns One line, or `undefined` for a request that is fine.
 */
export function actionRefusalOf(request: ActionOrigin): string | undefined {
  const { contentType, action, authorization, site } = request;
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "requests from other sites change nothing";
  }
  if (!/^application\/json *(;|$)/i.test(contentType ?? "")) {
    return "the content type must be application/json";
  }
  if (action === undefined && authorization === undefined) {
    return `the header ${ACTION_HEADER} is missing: send "${ACTION_HEADER}: 1"`;
  }
  return undefined;
}

/**
 * Why a request must be refused.
 *
 * @param request Its headers.
 * @param boundHost The host that the server was told to listen on.
 * @param hasToken Whether a token is asked for: then elsewhere than on
 * loopback any name will do, since a page under another name has no cookie.
 * @returns One line, or `undefined` for a request that is fine.
 */
export function refusalOf(
  { host, origin }: RequestOrigin,
  boundHost: string,
  hasToken = false,
): string | undefined {
  const url = hostUrl(host ?? "");
  if (url === undefined) return "the Host header is missing or malformed";
  const { hostname } = url;
  // A name can be pointed here by anyone; an address can't.
  const isAddress = isIP(hostname.replaceAll(/[[\]]/g, "")) !== 0;
  const isKnown =
    LOOPBACK_NAMES.has(hostname) ||
    hostname === urlHost(boundHost).toLowerCase() ||
    (isWildcard(boundHost) && isAddress) ||
    (hasToken && !isLoopback(boundHost));
  if (!isKnown) return `the host "${hostname}" is not this server's`;
  if (origin !== undefined && origin !== url.origin) {
    return "requests from other origins are not answered";
  }
  return undefined;
}

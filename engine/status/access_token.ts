/**
 * The token that a server elsewhere than on loopback asks for. It comes in an
 * `Authorization` header, or, from a browser, as a cookie made from it. It is
 * never part of a URL, and never logged.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { FlagdropError } from "../errors.ts";
import { TOKEN_LENGTH_MIN } from "./limits.ts";
import { isLoopback, urlHost } from "./request_guard.ts";

/** Sets the cookie's value apart from anything else made of the token. */
const COOKIE_PURPOSE = "flagdrop session 1";

/** How long a browser stays signed in, seconds: a working week. */
const COOKIE_SECONDS = 7 * 86_400;

/** Equal in constant time, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) =>
    createHmac("sha256", "flagdrop compare").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Checks who may ask. */
export class AccessToken {
  readonly #token: string;
  readonly #cookieValue: string;
  readonly #cookieName: string;

  /**
   * @param token The secret.
   * @param port The server's; browsers share cookies between ports of a host.
   */
  constructor(token: string, port: number) {
    this.#token = token;
    this.#cookieName = `flagdrop_${port}`;
    this.#cookieValue = createHmac("sha256", token)
      .update(COOKIE_PURPOSE)
      .digest("hex");
  }

  /** Whether this is the token. */
  matches(token: string): boolean {
    return isEqual(token, this.#token);
  }

  /** Whether a request carries the token, or the cookie made from it. */
  admits(request: {
    readonly authorization: string | undefined;
    readonly cookie: string | undefined;
  }): boolean {
    const [, bearer] =
      /^Bearer +(\S+)$/i.exec(request.authorization ?? "") ?? [];
    if (bearer !== undefined) return this.matches(bearer);
    const prefix = `${this.#cookieName}=`;
    const pairs = (request.cookie ?? "").split(/; */);
    const found = pairs.find((pair) => pair.startsWith(prefix));
    if (found === undefined) return false;
    return isEqual(found.slice(prefix.length), this.#cookieValue);
  }

  /** A `Set-Cookie` header for a browser that has shown the token. */
  get cookie(): string {
    return `${this.#cookieName}=${this.#cookieValue}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${COOKIE_SECONDS}`;
  }
}

/** How a server is protected. */
export interface Protection {
  /** Address that it listens on. */
  readonly host: string;
  readonly token?: string | undefined;
  /** Whether the user takes the risk of serving everyone. */
  readonly isInsecure?: boolean | undefined;
}

/**
 * Makes sure that nobody is let in by oversight.
 *
 * @throws {FlagdropError} `FD_OPTION` for an address elsewhere than loopback
 * without a token, and for a token that can be guessed.
 */
export function checkProtection(protection: Protection): void {
  const { host, token, isInsecure = false } = protection;
  if (token === undefined) {
    if (isLoopback(host) || isInsecure) return;
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot serve the status on ${urlHost(host)} as everyone there could see and stop the run: set FLAGDROP_TOKEN, or give --insecure`,
      { domain: "user" },
    );
  }
  if (token.length >= TOKEN_LENGTH_MIN && /^[\x21-\x7e]+$/.test(token)) return;
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use the token as it is too short or holds spaces: give at least ${TOKEN_LENGTH_MIN} letters, digits or signs, such as from "openssl rand -hex 16"`,
    { domain: "user" },
  );
}

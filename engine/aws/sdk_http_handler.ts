/**
 * Lets a client of the AWS SDK send its requests through our dispatcher, so
 * that it has the same proxies, certificate authorities and time limits as
 * everything else, and speaks HTTP/1.1 to endpoints that know nothing newer.
 *
 * @module
 */
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";

/** What the SDK hands to a handler; the part of it that is used. */
interface SdkHttpRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the SDK expects back. */
interface SdkHttpResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** The handler's shape, as `requestHandler` of a client wants it. */
export interface SdkHttpHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(
    request: SdkHttpRequest,
    options?: { readonly abortSignal?: unknown },
  ): Promise<{ response: SdkHttpResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** Percent-encodes as SigV4's canonical query string does. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) =>
      `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** The path with its query string. */
function target({ path, query = {} }: SdkHttpRequest): string {
  const pairs: string[] = [];
  for (const name of Object.keys(query).sort()) {
    for (const value of [query[name] ?? ""].flat()) {
      pairs.push(`${encode(name)}=${encode(value)}`);
    }
  }
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

function singleValued(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = [value].flat().join(", ");
  }
  return result;
}

/**
 * Makes a handler over a dispatcher. The dispatcher stays the caller's: the
 * SDK's `destroy()` doesn't close it.
 */
export function sdkHttpHandler(dispatcher: Dispatcher): SdkHttpHandler {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request, { abortSignal } = {}) {
      const port = request.port === undefined ? "" : `:${request.port}`;
      // undici refuses "Expect"; without it the body follows at once.
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(
          ([name]) => name.toLowerCase() !== "expect",
        ),
      );
      const answer = await dispatcher.request({
        origin: `${request.protocol}//${request.hostname}${port}`,
        path: target(request),
        method: request.method as Dispatcher.HttpMethod,
        headers,
        body: (request.body ?? null) as Buffer | null,
        signal: abortSignal instanceof AbortSignal ? abortSignal : null,
      });
      return {
        response: {
          statusCode: answer.statusCode,
          headers: singleValued(answer.headers),
          body: answer.body,
        },
      };
    },
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

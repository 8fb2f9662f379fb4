/**
 * Signature Version 4, by aws4, for every service the engine calls.
 *
 * @module
 */
import aws4 from "aws4";
import type { AwsCredentials } from "./credentials.ts";

/** A request to be signed. */
export interface SignableRequest {
  readonly method: string;
  /** Absolute; query values must already be percent-encoded. */
  readonly url: URL;
  /** Without `host` and date, which the signature adds. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** With what a request is signed. */
export interface SigningContext {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** What to add to this machine's clock to have the service's, in ms. */
  readonly clockSkewMs: number;
  /** Epoch ms. */
  readonly nowMs: number;
}

/** `20160101T000000Z`, as SigV4 wants the time. */
export function amzDate(epochMs: number): string {
  return `${new Date(epochMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, "")}`;
}

/**
 * Signs a request.
 *
 * @param request Not changed.
 * @param context Credentials, region, service and time.
 * @returns All headers to send, the given ones among them.
 */
export function signedHeaders(
  request: SignableRequest,
  context: SigningContext,
): Record<string, string> {
  const { credentials } = context;
  const signed = aws4.sign(
    {
      method: request.method,
      host: request.url.host,
      path: `${request.url.pathname}${request.url.search}`,
      service: context.service,
      region: context.region,
      headers: {
        ...request.headers,
        "X-Amz-Date": amzDate(context.nowMs + context.clockSkewMs),
      },
      // aws4 hashes a Buffer as it is; its types know only strings. An empty
      // one would get headers that are then not sent.
      body:
        request.body.length === 0 ? "" : (request.body as unknown as string),
    },
    {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken
        ? { sessionToken: credentials.sessionToken }
        : {}),
    },
  );
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(signed.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  return headers;
}

/**
 * Carries requests to the nodes of a cluster over HTTP/1.1.
 *
 * @module
 */
import type { Dispatcher } from "undici";
import { createDispatcher } from "../../aws/dispatcher.ts";
import { errorLine } from "../../errors.ts";
import {
  ANSWER_BYTES_MAX,
  BULK_REQUESTS_MAX,
  REQUEST_SILENCE_MS_MAX,
} from "./limits.ts";
import type { OpensearchAnswer } from "./refusal.ts";

/** A request, ready to be sent. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  /** With its query, whose values are percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** No whole answer came; whether the request was carried out is unknown. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  /** What is wrong with the node's certificate. */
  readonly distrust: Distrust | undefined;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    const { code } = (cause ?? {}) as { readonly code?: string };
    this.distrust = distrustOf(code ?? "");
  }
}

/** Why a certificate is not taken: who signed it, for whom, or until when. */
export type Distrust = "authority" | "name" | "time";

/** @param code Of an error of OpenSSL or Node. */
function distrustOf(code: string): Distrust | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "name";
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return "time";
  return /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)
    ? "authority"
    : undefined;
}

/** A way to the nodes. */
export interface OpensearchTransport {
  /** @throws {NoAnswerError} */
  send(
    origin: string,
    request: WireRequest,
    signal: AbortSignal,
  ): Promise<OpensearchAnswer>;
  close(): Promise<void>;
}

/**
 * The real one. Connections are kept open for at most five minutes; after an
 * error those of the node are replaced, so that its name is resolved anew.
 *
 * @param caPem Further certificate authorities; empty for none.
 */
export function httpOpensearchTransport(caPem: string): OpensearchTransport {
  const dispatchers = new Map<string, Dispatcher>();
  const dispatcherOf = (origin: string) => {
    const found = dispatchers.get(origin);
    if (found !== undefined) return found;
    const made = createDispatcher(
      { endpoint: origin, caPem },
      {
        connectionsMax: BULK_REQUESTS_MAX * 2,
        silenceTimeoutMs: REQUEST_SILENCE_MS_MAX,
      },
    );
    dispatchers.set(origin, made);
    return made;
  };
  return {
    async send(origin, { method, path, headers, body }, signal) {
      const dispatcher = dispatcherOf(origin);
      try {
        const answer = await dispatcher.request({
          origin,
          path,
          method,
          headers: { ...headers },
          body: body.length === 0 ? null : body,
          signal,
        });
        const parts: Buffer[] = [];
        let length = 0;
        for await (const part of answer.body as AsyncIterable<Buffer>) {
          length += part.length;
          if (length > ANSWER_BYTES_MAX) {
            throw new Error(
              `the answer has more than ${ANSWER_BYTES_MAX} bytes`,
            );
          }
          parts.push(part);
        }
        const bytes = Buffer.concat(parts, length);
        return { status: answer.statusCode, headers: answer.headers, bytes };
      } catch (error) {
        if (dispatchers.get(origin) === dispatcher && !signal.aborted) {
          dispatchers.delete(origin);
          // Others' requests on it may still be answered.
          dispatcher.close().catch(() => {});
        }
        throw new NoAnswerError(
          errorLine(error) || "the connection failed",
          error,
        );
      }
    },
    async close() {
      const all = [...dispatchers.values()];
      dispatchers.clear();
      await Promise.all(all.map((one) => one.destroy()));
    },
  };
}

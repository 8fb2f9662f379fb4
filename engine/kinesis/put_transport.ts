/**
 * Sends the writing side's requests over HTTP.
 *
 * @module
 */
import type { AwsConnection } from "../aws/connection.ts";
import { createDispatcher } from "../aws/dispatcher.ts";
import { errorLine } from "../errors.ts";
import {
  PUT_ANSWER_BYTES_MAX,
  PUT_LANES_MAX,
  PUT_REQUEST_MS_MAX,
} from "./put_limits.ts";
import { noAnswer } from "./request_error.ts";

/** A whole answer, of any status. */
export interface PutHttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

/** A way to the service. */
export interface PutTransport {
  /**
   * Posts a signed request.
   *
   * @throws {KinesisRequestError} Of kind `transient` if no answer came.
   */
  post(
    headers: Readonly<Record<string, string>>,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<PutHttpAnswer>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** The real one, over connections that are kept open. */
export function httpPutTransport(connection: AwsConnection): PutTransport {
  const dispatcher = createDispatcher(connection, {
    connectionsMax: PUT_LANES_MAX,
    silenceTimeoutMs: PUT_REQUEST_MS_MAX,
  });
  const origin = new URL(connection.endpoint).origin;
  return {
    async post(headers, body, signal) {
      try {
        const answer = await dispatcher.request({
          origin,
          path: "/",
          method: "POST",
          headers: { ...headers },
          body,
          signal,
        });
        const bytes = Buffer.from(await answer.body.arrayBuffer());
        if (bytes.length > PUT_ANSWER_BYTES_MAX) {
          throw noAnswer(`the answer has ${bytes.length} bytes`);
        }
        return { status: answer.statusCode, headers: answer.headers, bytes };
      } catch (error) {
        throw noAnswer(errorLine(error) || "the connection failed", error);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

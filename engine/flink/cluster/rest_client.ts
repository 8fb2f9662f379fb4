/**
 * Asks a Flink service over REST: answers are bounded, checked by zod, and
 * what goes wrong is one line.
 *
 * @module
 */
import type { Dispatcher } from "undici";
import type { z } from "zod";
import { createDispatcher } from "../../aws/dispatcher.ts";
import { errorLine, FlagdropError } from "../../errors.ts";
import {
  ANSWER_BYTES_MAX,
  CLUSTER_CONNECTIONS_MAX,
  REQUEST_MS_MAX,
} from "../limits.ts";
import { rootCause } from "./root_cause.ts";

/** What one request asks. */
export interface RestRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

/** A service refused a request. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  /** The whole answer, for whoever looks for a cause. */
  readonly answer: string;

  constructor(status: number, answer: string) {
    super(rootCause(answer));
    this.status = status;
    this.answer = answer;
  }
}

/** One Flink service. */
export class RestClient {
  readonly name: string;
  readonly url: string;
  readonly #option: string;
  readonly #dispatcher: Dispatcher;

  /**
   * @param name What it is called in messages.
   * @param url Its address.
   * @param option The option that gives the address.
   */
  constructor(name: string, url: string, option: string) {
    this.name = name;
    this.url = url.replace(/\/+$/, "");
    this.#option = option;
    this.#dispatcher = createDispatcher(
      { endpoint: this.url, caPem: "" },
      {
        connectionsMax: CLUSTER_CONNECTIONS_MAX,
        silenceTimeoutMs: REQUEST_MS_MAX,
      },
    );
  }

  /**
   * Sends a request.
   *
   * @param schema What the answer must be.
   * @throws {RefusedError} When the service refuses it.
   * @throws {FlagdropError} `FD_NETWORK` when it can't be reached,
   * `FD_SERVICE` when its answer is another than it should be.
   */
  async send<T>(request: RestRequest, schema: z.ZodType<T>): Promise<T> {
    const { status, text } = await this.#exchange(request);
    if (status >= 400) throw new RefusedError(status, text);
    const problem = (cause?: unknown) =>
      new FlagdropError(
        "FD_SERVICE",
        `Cannot use the ${this.name} at ${this.url}: its answer to ${request.path} is not what Flink's would be; check ${this.#option}`,
        { cause },
      );
    let value: unknown;
    try {
      value = text === "" ? {} : JSON.parse(text);
    } catch (error) {
      throw problem(error);
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw problem(parsed.error);
    return parsed.data;
  }

  async #exchange({ method = "GET", path, body }: RestRequest) {
    try {
      const { origin, pathname } = new URL(this.url);
      const answer = await this.#dispatcher.request({
        origin,
        path: `${pathname.replace(/\/$/, "")}${path}`,
        method,
        headers: { "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      });
      const parts: Buffer[] = [];
      let length = 0;
      for await (const part of answer.body as AsyncIterable<Buffer>) {
        length += part.length;
        if (length > ANSWER_BYTES_MAX) {
          throw new FlagdropError(
            "FD_SERVICE",
            `Cannot use the answer of the ${this.name} at ${this.url} to ${path} as it has more than ${ANSWER_BYTES_MAX / 2 ** 20} MiB; check ${this.#option}`,
          );
        }
        parts.push(part);
      }
      return {
        status: answer.statusCode,
        text: Buffer.concat(parts, length).toString("utf8"),
      };
    } catch (error) {
      if (error instanceof FlagdropError) throw error;
      throw new FlagdropError(
        "FD_NETWORK",
        `Cannot reach the ${this.name} at ${this.url}: ${errorLine(error) || "the connection failed"}; start it, or check ${this.#option}`,
        { retry: "backoff", cause: error },
      );
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.close();
  }
}

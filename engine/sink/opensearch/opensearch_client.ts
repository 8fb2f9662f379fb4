/**
 * One cluster: picks a node, authenticates, and repairs refused signatures.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { signedHeaders } from "../../aws/signer.ts";
import type { Clock } from "../../clock.ts";
import { CLOCK_SKEW_MS, NODE_REST_MS } from "./limits.ts";
import type { OpensearchSettings } from "./opensearch_settings.ts";
import {
  httpOpensearchTransport,
  type OpensearchTransport,
  type WireRequest,
} from "./opensearch_transport.ts";
import { type OpensearchAnswer, refusalOf } from "./refusal.ts";

/** A request to any node. */
export interface OpensearchRequest {
  readonly method: WireRequest["method"];
  /** With its query, whose values are percent-encoded. */
  readonly path: string;
  /** @default {none} */
  readonly body?: Buffer | undefined;
  /** @default {"application/json"} */
  readonly contentType?: string;
  /** Whether the body is compressed. @default {false} */
  readonly isGzipped?: boolean;
  /** Further ones, with lower-case names. @default {none} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Awaited before it is sent a second time. @default {none} */
  readonly guard?: () => Promise<void>;
  /** Given up after so long. @default {only after a long silence} */
  readonly timeoutMs?: number;
}

/** Options for {@linkcode OpensearchClient}. */
export interface OpensearchClientOptions {
  readonly settings: Pick<OpensearchSettings, "origins" | "auth" | "caPem">;
  readonly clock: Clock;
  /** @default {over HTTP} */
  readonly transport?: OpensearchTransport | undefined;
}

/** The cluster. */
export class OpensearchClient {
  readonly #settings: OpensearchClientOptions["settings"];
  readonly #clock: Clock;
  readonly #transport: OpensearchTransport;
  readonly #closed = new AbortController();
  #nextNode = 0;
  /** Until when each node is passed over, monotonic ms. */
  readonly #restUntilMs: number[];
  #clockSkewMs = 0;
  #refresh: Promise<unknown> | undefined;

  constructor({ settings, clock, transport }: OpensearchClientOptions) {
    this.#settings = settings;
    this.#clock = clock;
    this.#transport = transport ?? httpOpensearchTransport(settings.caPem);
    this.#restUntilMs = settings.origins.map(() => Number.NEGATIVE_INFINITY);
  }

  /** Aborted once it is closed. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  /** The addresses, for messages. */
  get name(): string {
    return this.#settings.origins.join(",");
  }

  /**
   * Sends a request; when it is refused for its credentials, once more with
   * fresh ones and the service's own clock.
   *
   * @returns The answer, of any status.
   * @throws {NoAnswerError}
   * @throws {FlagdropError} `FD_CREDENTIALS` when there are none.
   */
  async send(request: OpensearchRequest): Promise<OpensearchAnswer> {
    const answer = await this.#sendOnce(request);
    const { auth } = this.#settings;
    if (auth.type !== "sigv4") return answer;
    if (answer.status !== 401 && answer.status !== 403) return answer;
    if (refusalOf(answer).kind !== "credentials") return answer;
    const serverMs = Date.parse([answer.headers["date"] ?? ""].flat()[0] ?? "");
    const skewMs = serverMs - this.#clock.nowMs();
    if (Math.abs(skewMs - this.#clockSkewMs) > CLOCK_SKEW_MS) {
      this.#clockSkewMs = skewMs;
    }
    this.#refresh ??= auth.credentials.refresh().finally(() => {
      this.#refresh = undefined;
    });
    await this.#refresh;
    await request.guard?.();
    return await this.#sendOnce(request);
  }

  /** Ends its connections; requests under way fail. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#transport.close();
  }

  /** The next node that has not failed lately, else the one that rests least. */
  #pickNode(): number {
    const nowMs = this.#clock.monotonicMs();
    const count = this.#restUntilMs.length;
    let best = this.#nextNode % count;
    for (let i = 0; i < count; i++) {
      const node = (this.#nextNode + i) % count;
      const untilMs = this.#restUntilMs[node] ?? 0;
      if (untilMs <= nowMs) {
        best = node;
        break;
      }
      if (untilMs < (this.#restUntilMs[best] ?? 0)) best = node;
    }
    this.#nextNode = (best + 1) % count;
    return best;
  }

  async #sendOnce(request: OpensearchRequest): Promise<OpensearchAnswer> {
    const node = this.#pickNode();
    const origin = this.#settings.origins[node] ?? "";
    const rest = () => {
      this.#restUntilMs[node] = this.#clock.monotonicMs() + NODE_REST_MS;
    };
    const body = request.body ?? Buffer.alloc(0);
    const headers = await this.#headers(request, origin, body);
    const wire = { method: request.method, path: request.path, headers, body };
    const { timeoutMs } = request;
    const signal =
      timeoutMs === undefined
        ? this.signal
        : AbortSignal.any([this.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const answer = await this.#transport.send(origin, wire, signal);
      if (answer.status >= 502 && answer.status <= 504) rest();
      return answer;
    } catch (error) {
      rest();
      throw error;
    }
  }

  async #headers(
    { method, path, contentType, isGzipped, headers: more }: OpensearchRequest,
    origin: string,
    body: Buffer,
  ): Promise<Record<string, string>> {
    const { auth } = this.#settings;
    const headers: Record<string, string> = {
      "user-agent": "flagdrop",
      ...more,
    };
    if (body.length > 0) {
      headers["content-type"] = contentType ?? "application/json";
      if (isGzipped === true) headers["content-encoding"] = "gzip";
    }
    if (auth.type === "none") return headers;
    if (auth.type === "basic") {
      const pair = Buffer.from(`${auth.user}:${auth.password}`);
      headers["authorization"] = `Basic ${pair.toString("base64")}`;
      return headers;
    }
    const { service, region, credentials } = auth;
    return signedHeaders(
      {
        method,
        url: new URL(path, origin),
        headers: {
          ...headers,
          // Serverless wants it; aws4 takes it as the body's hash.
          "x-amz-content-sha256": createHash("sha256")
            .update(body)
            .digest("hex"),
        },
        body,
      },
      {
        service,
        region,
        credentials: await credentials.current(),
        clockSkewMs: this.#clockSkewMs,
        nowMs: this.#clock.nowMs(),
      },
    );
  }
}

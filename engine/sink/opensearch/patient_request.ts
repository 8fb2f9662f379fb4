/**
 * Requests that are not about documents, tried until the cluster decides.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { errorLine, FlagdropError } from "../../errors.ts";
import { backoffMs } from "../../kinesis/backoff.ts";
import { fatalError } from "./fatal_error.ts";
import { SINK_BACKOFF } from "./limits.ts";
import type {
  OpensearchClient,
  OpensearchRequest,
} from "./opensearch_client.ts";
import { type Distrust, NoAnswerError } from "./opensearch_transport.ts";
import {
  type OpensearchAnswer,
  refusalOf,
  refusalText,
  retryAfterMs,
} from "./refusal.ts";
import type { Trouble } from "./trouble.ts";

/** With what requests are made. */
export interface Requester {
  readonly client: OpensearchClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly trouble: Trouble;
  /**
   * How long it may be tried, ms.
   *
   * @default {Infinity}
   */
  readonly tryMsMax?: number;
}

/** What a user can do about a certificate. */
const TRUST_REMEDIES: Readonly<Record<Distrust, string>> = {
  authority: "give its authority with --ca-file",
  name: "write the address with a name that its certificate has",
  time: "renew its certificate, or set the clock here",
};

function unreachable(name: string, reason: string, cause: unknown) {
  const distrust = cause instanceof NoAnswerError ? cause.distrust : undefined;
  return new FlagdropError(
    "FD_NETWORK",
    `Cannot reach OpenSearch at ${name} (${reason}): ${
      distrust === undefined
        ? "check the address, the network and that it runs"
        : TRUST_REMEDIES[distrust]
    }`,
    { retry: "backoff", cause },
  );
}

/**
 * Sends a request until it has been answered by something that trying again
 * does not change.
 *
 * @returns An answer of status 2xx, 400, 404 or the like.
 * @throws {FlagdropError} When credentials are refused, or it took too long.
 */
export async function patientRequest(
  requester: Requester,
  request: OpensearchRequest,
): Promise<OpensearchAnswer> {
  const { client, clock, random, trouble, tryMsMax } = requester;
  const startMs = clock.monotonicMs();
  for (let attempt = 1; ; attempt++) {
    let reason: string;
    let cause: unknown;
    let waitMs = backoffMs(attempt, SINK_BACKOFF, random);
    try {
      const answer = await client.send(request);
      if (answer.status < 300) return answer;
      const refusal = refusalOf(answer);
      if (refusal.kind === "credentials") {
        throw fatalError("use", client.name, refusal);
      }
      if (refusal.kind !== "throttled" && refusal.kind !== "transient") {
        return answer;
      }
      reason = refusalText(refusal);
      trouble.met(refusal.kind, reason);
      waitMs = Math.max(waitMs, retryAfterMs(answer, clock.nowMs()));
    } catch (error) {
      if (!(error instanceof NoAnswerError) || client.signal.aborted) {
        throw error;
      }
      reason = errorLine(error);
      cause = error;
      if (error.distrust !== undefined && tryMsMax !== undefined) {
        throw unreachable(client.name, reason, cause);
      }
      trouble.met("transient", reason);
    }
    const triedMs = clock.monotonicMs() - startMs;
    if (tryMsMax !== undefined && triedMs + waitMs > tryMsMax) {
      throw unreachable(client.name, reason, cause);
    }
    await clock.sleep(waitMs, client.signal);
  }
}

/**
 * Repeats a control request while that can help, and says in one line why it
 * failed when it can't.
 *
 * @module
 */
import type { AwsConnection } from "../aws/connection.ts";
import type { Clock } from "../clock.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import { backoffMs } from "./backoff.ts";
import { type KinesisErrorKind, kinesisErrorKind } from "./request_error.ts";

/**
 * A service that can't be reached is given up before this: no attempt is made
 * that would end later if it took as long as the last one.
 */
const UNREACHABLE_MS_MAX = 5_000;

/**
 * A service that answers, but throttles or fails, is given up after so many
 * attempts: some 15 seconds. ListShards and DescribeStreamSummary have limits
 * of calls a second for a whole account, so throttles are nothing rare.
 */
const ATTEMPTS_MAX = 8;

const BACKOFF = { firstMs: 100, mostMs: 4_000 } as const;

/** What is tried, and with what. */
export interface PersistentlyOptions {
  readonly connection: AwsConnection;
  /** Name or ARN, for messages. */
  readonly stream: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal | undefined;
}

interface Refusal {
  readonly status: number;
  readonly kind: KinesisErrorKind;
  readonly text: string;
}

/** What the SDK's error says; status 0 when there was no answer. */
function refusal(error: unknown): Refusal {
  const { name = "", $metadata } = error as {
    readonly name?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode ?? 0;
  const message = errorLine(error);
  if (status === 0) return { status, kind: "transient", text: cause(error) };
  // No refusal, but cut or garbled on its way; the SDK's own hint follows.
  if (status < 300) {
    const [text = ""] = message.split(" Deserialization error:");
    return { status, kind: "transient", text };
  }
  return {
    status,
    kind: kinesisErrorKind({ status, code: name, message }),
    text: `${name}: ${message}`,
  };
}

/** A network error's own text, or that of what caused it. */
function cause(error: unknown): string {
  const line = errorLine(error);
  if (line !== "") return line;
  const { code, errors } = error as {
    readonly code?: string;
    readonly errors?: readonly unknown[];
  };
  const [first] = errors ?? [];
  return first === undefined ? (code ?? "no answer") : errorLine(first);
}

function failure(
  { status, kind, text }: Refusal,
  { connection, stream }: PersistentlyOptions,
  error: unknown,
): FlagdropError {
  const { endpoint, region } = connection;
  const options = { cause: error } as const;
  switch (kind) {
    case "unknown_resource":
      return new FlagdropError(
        "FD_STREAM",
        `Cannot find stream "${stream}" in ${region} at ${endpoint}: create it, or check --stream, --region and --endpoint`,
        { ...options, domain: "user" },
      );
    case "credentials":
    case "clock":
    case "denied":
      return new FlagdropError(
        "FD_CREDENTIALS",
        `Cannot read stream "${stream}" at ${endpoint} as it refuses the credentials (${text}): check ${kind === "clock" ? "this machine's clock" : "AWS_PROFILE or AWS_ACCESS_KEY_ID, and their permissions"}`,
        { ...options, domain: "user" },
      );
    case "bad_argument":
      return new FlagdropError(
        "FD_STREAM",
        `Cannot find stream "${stream}" as that is no valid name or ARN (${text}): check --stream`,
        { ...options, domain: "user" },
      );
    default:
      break;
  }
  if (status === 0) {
    return new FlagdropError(
      "FD_NETWORK",
      `Cannot reach Kinesis at ${endpoint} (${text}): check --endpoint, --region and the network`,
      { ...options, retry: "backoff" },
    );
  }
  return new FlagdropError(
    "FD_SERVICE",
    `Cannot read stream "${stream}" at ${endpoint} as the service failed (HTTP ${status}, ${text}): try again later, or check --endpoint`,
    { ...options, retry: "backoff" },
  );
}

/**
 * Sends until it succeeds: throttles and failures of the service up to
 * {@linkcode ATTEMPTS_MAX} times, an endpoint that can't be reached for five
 * seconds. Refused credentials are refreshed once, a skewed clock set right once.
 *
 * @throws {FlagdropError} When there is no more hope.
 */
export async function persistently<T>(
  send: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
  options: PersistentlyOptions,
): Promise<T> {
  const { clock, random, signal, connection } = options;
  const startedMs = clock.monotonicMs();
  let hasRepaired = false;
  for (let attempt = 1; ; attempt++) {
    const attemptMs = clock.monotonicMs();
    try {
      return await send(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      // Credentials that can't be had come as what they are.
      if (error instanceof FlagdropError) throw error;
      const found = refusal(error);
      const { status, kind } = found;
      const waitMs = backoffMs(attempt, BACKOFF, random);
      const nowMs = clock.monotonicMs();
      const nextEndMs = nowMs + waitMs + (nowMs - attemptMs);
      const isLost = status === 0 && nextEndMs - startedMs > UNREACHABLE_MS_MAX;
      const isTemporary = kind === "transient" || kind === "throttled";
      const canRepair =
        (kind === "credentials" || kind === "clock") && !hasRepaired;
      if (
        signal?.aborted === true ||
        attempt >= ATTEMPTS_MAX ||
        isLost ||
        !(isTemporary || canRepair)
      ) {
        throw failure(found, options, error);
      }
      if (canRepair) {
        hasRepaired = true;
        // The SDK itself has taken the service's clock from the refusal.
        if (kind === "credentials") await connection.credentials.refresh();
      } else await clock.sleep(waitMs, signal);
    }
  }
}

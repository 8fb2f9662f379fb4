/**
 * Refusals that end the run, as errors that a user can act on.
 *
 * @module
 */
import { type ErrorCode, FlagdropError } from "../../engine/errors.ts";
import {
  type KinesisErrorKind,
  KinesisRequestError,
} from "../../engine/kinesis/request_error.ts";

/** What a message names. */
export interface FatalErrorContext {
  readonly endpoint: string;
  readonly streamArn: string;
  /** Of a reader by fan-out. */
  readonly consumerArn?: string;
}

const CODE_AND_REMEDY: Partial<
  Record<KinesisErrorKind, readonly [code: ErrorCode, remedy: string]>
> = {
  unknown_resource: ["FD_STREAM", "check that the stream still exists"],
  credentials: ["FD_CREDENTIALS", "check the AWS credentials"],
  clock: ["FD_CREDENTIALS", "set this machine's clock"],
  denied: [
    "FD_CREDENTIALS",
    "allow kinesis:GetRecords and kinesis:GetShardIterator to these credentials",
  ],
  encoding: ["FD_SERVICE", "check --endpoint"],
  refused: ["FD_SERVICE", "check --endpoint"],
};

/** The same where a reader by fan-out is told something else. */
const CONSUMER_REMEDY: Partial<Record<KinesisErrorKind, string>> = {
  unknown_resource: "check that the stream and its consumer still exist",
  denied: "allow kinesis:SubscribeToShard on the consumer to these credentials",
};

/**
 * Turns what trying again can't help into a `FlagdropError`; anything else is
 * given back as it is.
 */
export function fatalError(
  error: unknown,
  { endpoint, streamArn, consumerArn }: FatalErrorContext,
): unknown {
  if (!(error instanceof KinesisRequestError)) return error;
  const found = CODE_AND_REMEDY[error.kind];
  if (found === undefined) return error;
  const [code, usualRemedy] = found;
  const remedy = (consumerArn && CONSUMER_REMEDY[error.kind]) || usualRemedy;
  return new FlagdropError(
    code,
    `Cannot read stream "${streamArn}" at ${endpoint} as the service refused (${error.message}): ${remedy}`,
    { cause: error },
  );
}

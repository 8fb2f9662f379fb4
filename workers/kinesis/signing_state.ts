/**
 * With what a worker signs. The coordinator resolves and refreshes credentials
 * and sends them; the worker changes this one object when they come.
 *
 * @module
 */
import type { AwsCredentials } from "../../engine/aws/credentials.ts";

/** Read anew for each request. */
export interface SigningState {
  credentials: AwsCredentials;
  /** What to add to this machine's clock to have the service's, in ms. */
  clockSkewMs: number;
}

/** A signature that the service refused. */
export interface AuthFailure {
  /** Whether the key was refused, or the time of the signature. */
  readonly kind: "credentials" | "clock";
  /** The service's clock at its answer, epoch ms; NaN if it sent none. */
  readonly serverMs: number;
  /** What the service said. */
  readonly message: string;
}

/**
 * Asks for other credentials or another clock skew. Resolves when the
 * {@linkcode SigningState} has them; rejects with a `FlagdropError` when there
 * are none.
 */
export type RepairSigning = (failure: AuthFailure) => Promise<void>;

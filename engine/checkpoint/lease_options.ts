/**
 * What a lease needs of its surroundings.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { LeaseOwner, OwnerState } from "./lease_owner.ts";
import { HEARTBEAT_MS, LEASE_MS, LEASE_RENEWAL_MS } from "./limits.ts";

/** Options for {@linkcode acquireLease} and {@linkcode LeasedStore}. */
export interface LeaseOptions {
  /** Who we are. */
  readonly self: LeaseOwner;
  /** Whether an owner lives, as far as can be told from here. */
  readonly stateOf: (owner: LeaseOwner) => Promise<OwnerState>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
  /** @default {15000} */
  readonly leaseMs?: number | undefined;
  /** @default {5000} */
  readonly renewalMs?: number | undefined;
  /** @default {1000} */
  readonly heartbeatMs?: number | undefined;
}

/** The three times of a lease, with their defaults. */
export function leaseTimes(options: LeaseOptions): {
  readonly leaseMs: number;
  readonly renewalMs: number;
  readonly heartbeatMs: number;
} {
  const {
    leaseMs = LEASE_MS,
    renewalMs = LEASE_RENEWAL_MS,
    heartbeatMs = HEARTBEAT_MS,
  } = options;
  return { leaseMs, renewalMs, heartbeatMs };
}

/** An owner as a user knows it. */
export function ownerText(owner: LeaseOwner | null | undefined): string {
  return owner ? `process ${owner.pid} on ${owner.hostname}` : "another run";
}

/**
 * Becomes the owner of a checkpoint store, or waits until that can be.
 *
 * - Nobody owns it, or its owner was on this host and is dead: at once.
 * - Else when the lease has stood unchanged for as long as it lasts, by this
 *   process' own monotonic clock: no two machines' clocks are compared.
 * - Its owner lives on this host and is seen to renew: refused, since waiting
 *   for it would be waiting for ever.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import { Lease } from "./lease.ts";
import { type LeaseOptions, leaseTimes, ownerText } from "./lease_options.ts";
import type { OwnerState } from "./lease_owner.ts";
import type { ObjectHead, ObjectStore } from "./object_store.ts";
import { decodeHead, headFromNames, type StoreHead } from "./store_head.ts";

/** The head as it was found, and what it says. */
interface Found {
  readonly head: StoreHead;
  readonly version: string | undefined;
  readonly state: OwnerState;
}

async function look(
  objects: ObjectStore,
  { stateOf, log, self }: LeaseOptions,
): Promise<Found> {
  const read: ObjectHead | undefined = await objects.readHead();
  const head = read && decodeHead(read.bytes);
  if (head !== undefined) {
    const { owner } = head;
    // Our own: the answer to our attempt was lost.
    const isFree = owner === null || owner.id === self.id;
    const state = isFree ? "dead" : await stateOf(owner);
    return { head, version: read?.version, state };
  }
  if (read !== undefined) {
    log.error(
      `the head of ${objects.kind} "${objects.name}" is damaged: taking the newest checkpoint by name`,
    );
  }
  return {
    head: headFromNames(await objects.list()),
    version: read?.version,
    // Who owned a damaged one is unknown.
    state: read === undefined ? "dead" : "elsewhere",
  };
}

/** Tells whether a lease has stood unchanged for as long as it lasts. */
class Watch {
  #version: string | undefined;
  #ownerId: string | undefined;
  #sinceMs = 0;
  /** Changes of the lease by one and the same owner. */
  renewals = 0;

  /**
   * @param found What was read.
   * @param readMs When reading began and ended: what is unchanged has been so
   * from an end to a beginning.
   * @returns For how long the lease is known to be unchanged, ms.
   */
  note(found: Found, readMs: { readonly from: number; readonly to: number }) {
    const ownerId = found.head.owner?.id;
    if (found.version === this.#version) return readMs.from - this.#sinceMs;
    this.renewals =
      this.#version !== undefined && ownerId === this.#ownerId
        ? this.renewals + 1
        : 0;
    this.#version = found.version;
    this.#ownerId = ownerId;
    this.#sinceMs = readMs.to;
    return 0;
  }
}

function refusal(objects: ObjectStore, { head }: Found): FlagdropError {
  return new FlagdropError(
    "FD_LEASE",
    `Cannot use ${objects.kind} "${objects.name}" as ${ownerText(head.owner)} is using it: stop that run or give another --checkpoint`,
    { domain: "user" },
  );
}

/**
 * Becomes the owner of a store.
 *
 * @throws {FlagdropError} `FD_LEASE` when its owner lives on this host or
 * waiting was called off, `FD_STORE` when the store can't be used.
 */
export async function acquireLease(
  objects: ObjectStore,
  options: LeaseOptions,
): Promise<Lease> {
  const { clock, log, self, signal } = options;
  const { leaseMs, heartbeatMs } = leaseTimes(options);
  const watch = new Watch();
  let isTold = false;
  while (signal?.aborted !== true) {
    const from = clock.monotonicMs();
    const found = await look(objects, options);
    const unchangedMs = watch.note(found, { from, to: clock.monotonicMs() });
    if (found.state === "dead" || unchangedMs >= leaseMs) {
      const lease = await Lease.take(objects, found, options);
      if (lease !== undefined) return lease;
      continue;
    }
    if (found.state === "alive" && watch.renewals > 0) {
      throw refusal(objects, found);
    }
    if (!isTold) {
      isTold = true;
      log.warn(
        { owner: ownerText(found.head.owner), self: ownerText(self) },
        `${objects.kind} "${objects.name}" is in use: waiting until its owner shows no sign of life for ${leaseMs / 1_000} s`,
      );
    }
    await clock.sleep(heartbeatMs, signal);
  }
  throw new FlagdropError(
    "FD_LEASE",
    `Cannot use ${objects.kind} "${objects.name}": told to stop while waiting for its owner`,
    { domain: "user" },
  );
}

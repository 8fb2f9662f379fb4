/**
 * Checkpoint stores by the name that a user gives them: a directory.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { DirectoryObjects } from "./directory_objects.ts";
import { ownerState, processOwner } from "./lease_owner.ts";
import { LeasedStore } from "./leased_store.ts";
import type { ObjectStore } from "./object_store.ts";

/** Options for {@linkcode openCheckpointStore}. */
export interface OpenStoreOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Gives up waiting for an owner. */
  readonly signal?: AbortSignal | undefined;
}

/** Digits of a random number that tell owners of one process apart. */
function randomId(random: () => number): string {
  return [random(), random()]
    .map((value) => value.toString(36).slice(2))
    .join("");
}

/** What lies behind a store's name; nothing is touched yet. */
function openObjects(name: string): ObjectStore {
  return new DirectoryObjects(name);
}

/**
 * Opens a store as its only owner; waits while another run's lease on it has
 * not run out.
 *
 * @param name A directory.
 * @throws {FlagdropError} `FD_LEASE` when another run on this machine uses it,
 * `FD_STORE` when it can't be used.
 */
export async function openCheckpointStore(
  name: string,
  options: OpenStoreOptions,
): Promise<LeasedStore> {
  const { random, ...leaseOptions } = options;
  const self = await processOwner(randomId(random));
  const objects = openObjects(name);
  try {
    return await LeasedStore.open(objects, {
      ...leaseOptions,
      self,
      stateOf: (owner) => ownerState(owner, self),
    });
  } catch (error) {
    await objects.close();
    throw error;
  }
}

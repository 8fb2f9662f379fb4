/**
 * Checkpoint stores by the name that a user gives them: a directory, or
 * `s3://BUCKET/PREFIX`.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { DirectoryObjects } from "./directory_objects.ts";
import { ownerState, processOwner } from "./lease_owner.ts";
import { LeasedStore } from "./leased_store.ts";
import type { ObjectStore } from "./object_store.ts";
import { parseS3Address, type S3Connection } from "./s3_address.ts";

/** Options for {@linkcode openCheckpointStore}. */
export interface OpenStoreOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Called for a store in S3. */
  readonly s3: () => Promise<S3Connection>;
  /** Gives up waiting for an owner. */
  readonly signal?: AbortSignal | undefined;
}

/** Digits of a random number that tell owners of one process apart. */
function randomId(random: () => number): string {
  return [random(), random()]
    .map((value) => value.toString(36).slice(2))
    .join("");
}

/**
 * What lies behind a store's name; nothing is touched yet.
 *
 * @throws {FlagdropError} `FD_OPTION` when the name can't be one.
 */
export async function openObjects(
  name: string,
  s3: OpenStoreOptions["s3"],
): Promise<ObjectStore> {
  const address = parseS3Address(name);
  if (address === undefined) return new DirectoryObjects(name);
  // Imported only now: the AWS SDK costs start-up time.
  const { S3Objects } = await import("./s3_objects.ts");
  return await S3Objects.open(address, await s3());
}

/**
 * Opens a store as its only owner; waits while another run's lease on it has
 * not run out.
 *
 * @param name A directory, or `s3://BUCKET/PREFIX`.
 * @throws {FlagdropError} `FD_LEASE` when another run on this machine uses it,
 * `FD_STORE` when it can't be used.
 */
export async function openCheckpointStore(
  name: string,
  options: OpenStoreOptions,
): Promise<LeasedStore> {
  const { random, s3, ...leaseOptions } = options;
  const self = await processOwner(randomId(random));
  const objects = await openObjects(name, s3);
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

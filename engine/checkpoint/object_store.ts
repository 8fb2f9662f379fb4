/**
 * What checkpoints are kept in, reduced to what a directory and S3 have in
 * common: named objects, and one head that changes by comparing and swapping.
 *
 * Everything above it is the same for both, and for a simulated one.
 *
 * @module
 */

/** A head, as it was read. */
export interface ObjectHead {
  readonly bytes: Buffer;
  /** Changes with every swap. */
  readonly version: string;
}

/** A directory, a prefix of a bucket, or a simulation of them. */
export interface ObjectStore {
  /** As the user named it. */
  readonly name: string;
  /** `"checkpoint directory"` and the like, for error messages. */
  readonly kind: string;
  /** Names of all objects, leftovers of cut-off writes among them. */
  list(): Promise<string[]>;
  /** An object's bytes, or undefined when there is none of the name. */
  get(name: string): Promise<Buffer | undefined>;
  /**
   * Writes an object, replacing one of the same name. It is whole and durable
   * when this resolves; a reader never sees a part of it under its name.
   */
  put(name: string, bytes: Buffer): Promise<void>;
  /** Deletes an object; one that is not there is no error. */
  remove(name: string): Promise<void>;
  /** The head, or undefined while there is none. */
  readHead(): Promise<ObjectHead | undefined>;
  /**
   * Replaces the head, if it is still the one that was read: of several that
   * swap the same version exactly one succeeds.
   *
   * @param bytes Differ from the present head's.
   * @param version The head's version; undefined to make the first.
   * @returns The new version, or undefined when the head has changed.
   */
  swapHead(
    bytes: Buffer,
    version: string | undefined,
  ): Promise<string | undefined>;
  /** Lets go of connections. */
  close(): Promise<void>;
}

/**
 * Checkpoints as bytes: a magic word and a version, a SHA-256 of what follows,
 * and the value by msgpackr.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Packr, Unpackr } from "msgpackr";
import { FlagdropError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";

const MAGIC = Buffer.from("FLAGDROP");
/** Raised with every change of {@linkcode Checkpoint}. */
const FORMAT_VERSION = 4;
/** The oldest that is still read; it lacks `windowArrivals`. */
const FORMAT_VERSION_MIN = 3;
const HASH_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 4 + HASH_BYTES;

// Plain maps, so that another version's reader needs no record definitions.
const OPTIONS = { useRecords: false, moreTypes: true } as const;

/** Writes a checkpoint. */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const body = new Packr(OPTIONS).pack(checkpoint);
  const version = Buffer.alloc(4);
  version.writeUInt32LE(FORMAT_VERSION);
  const hash = createHash("sha256").update(body).digest();
  return Buffer.concat([MAGIC, version, hash, body]);
}

/**
 * Reads a checkpoint.
 *
 * @param bytes What {@linkcode encodeCheckpoint} made.
 * @param name How to call it in errors.
 * @throws {FlagdropError} `FD_STORE` when it is damaged or of another version.
 */
export function decodeCheckpoint(bytes: Buffer, name: string): Checkpoint {
  const problem = (what: string) =>
    new FlagdropError("FD_STORE", `Cannot use checkpoint "${name}": ${what}`);
  if (
    bytes.length < HEAD_BYTES ||
    !bytes.subarray(0, MAGIC.length).equals(MAGIC)
  ) {
    throw problem("it is cut off or no checkpoint");
  }
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version < FORMAT_VERSION_MIN || version > FORMAT_VERSION) {
    throw problem(
      `it has format ${version} and this version reads ${FORMAT_VERSION_MIN} to ${FORMAT_VERSION}`,
    );
  }
  const body = bytes.subarray(HEAD_BYTES);
  const hash = createHash("sha256").update(body).digest();
  if (!hash.equals(bytes.subarray(MAGIC.length + 4, HEAD_BYTES))) {
    throw problem("its checksum does not match: it is damaged");
  }
  return new Unpackr(OPTIONS).unpack(body) as Checkpoint;
}

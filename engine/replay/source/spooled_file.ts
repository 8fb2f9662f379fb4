/**
 * A part as a file on this machine, for what can't be read as it comes.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FlagdropError } from "../../errors.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { InputPart } from "./input_part.ts";
import { SPOOL_BYTES_MAX } from "./limits.ts";

/** The file. */
export interface SpooledFile {
  readonly path: string;
  /** Deletes it, unless it is the part itself. */
  remove(): Promise<void>;
}

async function* bounded(part: InputPart, input: AsyncIterable<Uint8Array>) {
  let length = 0;
  for await (const bytes of input) {
    length += bytes.length;
    if (length > SPOOL_BYTES_MAX) {
      throw new FlagdropError(
        "FD_SOURCE",
        `Cannot read "${part.name}" as more than ${SPOOL_BYTES_MAX} bytes would be kept in ${tmpdir()}: split it`,
        { domain: "user" },
      );
    }
    yield bytes;
  }
}

/**
 * Makes a part a file.
 *
 * @param bytes It from its beginning; closed afterwards.
 */
export async function spooledFile(
  part: InputPart,
  bytes: ByteReader,
): Promise<SpooledFile> {
  if (part.path !== undefined) {
    await bytes.close();
    return { path: part.path, remove: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "flagdrop-replay-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "part.parquet");
  try {
    await pipeline(
      Readable.from(bounded(part, bytes)),
      createWriteStream(path, { mode: 0o600 }),
    );
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

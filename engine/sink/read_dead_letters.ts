/**
 * Reads a file of dead letters, one after the other.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { errorLine, FlagdropError } from "../errors.ts";
import type { DeadLetter } from "./sink.ts";

const LINE = z.object({
  shard: z.string(),
  sequence: z.string(),
  subSequence: z.number(),
  reason: z.string(),
  detail: z.string().optional(),
  bytes: z.base64(),
});

function letterOf(line: string): DeadLetter | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { data } = LINE.safeParse(json);
  if (data === undefined) return undefined;
  const { shard, sequence, subSequence, reason, detail, bytes } = data;
  return {
    shardId: shard,
    sequenceNumber: sequence,
    subSequenceNumber: subSequence,
    reason,
    ...(detail !== undefined && { detail }),
    bytes: Buffer.from(bytes, "base64"),
  };
}

/**
 * The letters of a file.
 *
 * @param path As `--dead-letters` named it.
 * @throws {FlagdropError} `FD_SOURCE` when it can't be read, or a line is no
 * letter.
 */
export async function* readDeadLetters(
  path: string,
): AsyncGenerator<DeadLetter> {
  let lineNumber = 0;
  const fail = (why: string, cause?: unknown) =>
    new FlagdropError(
      "FD_SOURCE",
      `Cannot read dead letters from "${path}" as ${why}: name a file of --dead-letters`,
      { domain: "user", cause },
    );
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      lineNumber++;
      if (line === "") continue;
      const letter = letterOf(line);
      if (letter === undefined) throw fail(`line ${lineNumber} is no letter`);
      yield letter;
    }
  } catch (error) {
    if (error instanceof FlagdropError) throw error;
    throw fail(errorLine(error), error);
  } finally {
    lines.close();
    input.destroy();
  }
}

/**
 * Reads a file of dead letters, one after the other.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { errorLine, FlagdropError } from "../errors.ts";
import { parseDeadLetter } from "./dead_letter_line.ts";
import type { DeadLetter } from "./sink.ts";

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
      const letter = parseDeadLetter(line);
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

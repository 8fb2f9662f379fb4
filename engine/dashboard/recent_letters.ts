/**
 * The newest dead letters of a file, with their records.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { parseDeadLetter } from "../sink/dead_letter_line.ts";
import {
  LETTER_BYTES_SHOWN_MAX,
  LETTERS_READ_BYTES,
  LETTERS_SHOWN_MAX,
} from "./limits.ts";

/** A dead letter as a page shows it. */
export interface ShownLetter {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly reason: string;
  /** Length of the record. */
  readonly bytes: number;
  /** Its beginning, as text. */
  readonly text: string;
}

/** None for a line that is cut off at its beginning, or being written. */
function shownLetters(line: string): ShownLetter[] {
  const letter = parseDeadLetter(line);
  if (letter === undefined) return [];
  const { shardId, sequenceNumber, subSequenceNumber, reason } = letter;
  const { detail, bytes } = letter;
  return [
    {
      shardId,
      sequenceNumber:
        subSequenceNumber === 0
          ? sequenceNumber
          : `${sequenceNumber}.${subSequenceNumber}`,
      reason: detail === undefined ? reason : `${reason}: ${detail}`,
      bytes: bytes.length,
      text: Buffer.from(bytes).toString("utf8", 0, LETTER_BYTES_SHOWN_MAX),
    },
  ];
}

/** The newest letters first; none when there is no file. */
export async function recentLetters(
  path: string,
): Promise<readonly ShownLetter[]> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LETTERS_READ_BYTES);
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(length),
      position: size - length,
    });
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    return lines.flatMap(shownLetters).slice(-LETTERS_SHOWN_MAX).reverse();
  } finally {
    await file.close();
  }
}

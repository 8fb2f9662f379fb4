/**
 * The newest dead letters of a file, with their records.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { z } from "zod";
import {
  LETTER_BYTES_SHOWN_MAX,
  LETTERS_READ_BYTES,
  LETTERS_SHOWN_MAX,
} from "./limits.ts";

const LINE = z.object({
  shard: z.string(),
  sequence: z.string(),
  subSequence: z.number(),
  reason: z.string(),
  detail: z.string().optional(),
  bytes: z.string(),
});

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

function letterOf(line: string): ShownLetter[] {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    // Cut off at the beginning, or being written.
    return [];
  }
  const parsed = LINE.safeParse(json);
  if (!parsed.success) return [];
  const { shard, sequence, subSequence, detail, bytes } = parsed.data;
  const { reason } = parsed.data;
  const record = Buffer.from(bytes, "base64");
  return [
    {
      shardId: shard,
      sequenceNumber:
        subSequence === 0 ? sequence : `${sequence}.${subSequence}`,
      reason: detail === undefined ? reason : `${reason}: ${detail}`,
      bytes: record.length,
      text: record.toString("utf8", 0, LETTER_BYTES_SHOWN_MAX),
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
    return lines.flatMap(letterOf).slice(-LETTERS_SHOWN_MAX).reverse();
  } finally {
    await file.close();
  }
}

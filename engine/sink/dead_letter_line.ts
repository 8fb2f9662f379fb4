/**
 * A line of a file of dead letters, read.
 *
 * @module
 */
import { z } from "zod";
import type { DeadLetter } from "./sink.ts";

const LINE = z.object({
  shard: z.string(),
  sequence: z.string(),
  subSequence: z.number(),
  reason: z.string(),
  detail: z.string().optional(),
  bytes: z.base64(),
});

/** The letter in a line; undefined when there is none, or not the whole. */
export function parseDeadLetter(line: string): DeadLetter | undefined {
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

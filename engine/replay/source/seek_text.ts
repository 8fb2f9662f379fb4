/**
 * Finds where a time begins in a part whose lines are in the order of time, by
 * looking into its middle again and again.
 *
 * @module
 */
import { LINE_BYTES_MAX } from "../../limits.ts";
import { SEEK_MARGIN_BYTES, SEEK_PROBE_BYTES } from "./limits.ts";
import type { TextPart } from "./text_part.ts";

const LINE_FEED = 0x0a;

/** An event that was found. */
interface Found {
  readonly offset: number;
  readonly timeMs: number;
}

async function bytesOf(
  { part }: TextPart,
  start: number,
  end: number,
): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const bytes of part.open({ start, end })) found.push(bytes);
  return Buffer.concat(found);
}

/** The first event that begins at an offset or behind it, if it is near. */
async function firstFrom(
  text: TextPart,
  offset: number,
  size: number,
): Promise<Found | undefined> {
  // A line that begins right here has its line feed before it.
  const start = Math.max(offset - 1, 0);
  let length = SEEK_PROBE_BYTES;
  for (;;) {
    const end = Math.min(size, start + length);
    const bytes = await bytesOf(text, start, end);
    const feed = bytes.indexOf(LINE_FEED);
    const lines = bytes.subarray(feed + 1);
    if (feed >= 0) {
      const batch = text.batchOf(lines, start + feed + 1);
      for (let i = 0; i < batch.count; i++) {
        const event = batch.read(i, 0);
        if (event?.kind === "event") {
          return { offset: batch.offset(i), timeMs: event.timeMs };
        }
      }
    }
    if (end === size || length >= 2 * LINE_BYTES_MAX) return undefined;
    length *= 4;
  }
}

/**
 * The offset from which on all events of a time and later ones are, given that
 * none is further than `SEEK_MARGIN_BYTES` from where its time puts it.
 */
export async function seekText(
  text: TextPart,
  timeMs: number,
): Promise<number> {
  const size = text.part.sizeBytes ?? 0;
  let low = text.dataStart;
  let high = size;
  while (high - low > SEEK_PROBE_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const found = await firstFrom(text, middle, size);
    if (found === undefined || found.timeMs >= timeMs) high = middle;
    else low = Math.max(found.offset, middle);
  }
  const start = low - SEEK_MARGIN_BYTES;
  if (start <= text.dataStart) return text.dataStart;
  const found = await firstFrom(text, start, size);
  return found?.offset ?? text.dataStart;
}

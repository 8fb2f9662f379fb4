/** Reads a source as lines and times, for tests. */
import type {
  EventSource,
  SourcePosition,
  SourceStart,
} from "../../../../engine/replay/event_chunk.ts";

export interface ReadLine {
  readonly line: string;
  readonly timeMs: number;
}

/** All events from a start on. */
export async function readSource(
  source: EventSource,
  start: SourceStart = {},
): Promise<ReadLine[]> {
  const found: ReadLine[] = [];
  for await (const chunk of source.read(start)) {
    const { bytes, count, starts, ends, timesMs } = chunk;
    for (let i = 0; i < count; i++) {
      found.push({
        line: bytes.toString("utf8", starts[i], ends[i]),
        timeMs: timesMs[i] ?? Number.NaN,
      });
    }
  }
  return found;
}

/** The positions of its chunks, as a file would keep them, and their lengths. */
export async function chunkPositions(source: EventSource, start?: SourceStart) {
  const found: { position: SourcePosition; count: number }[] = [];
  for await (const { position, count } of source.read(start)) {
    const kept = JSON.parse(JSON.stringify(position)) as SourcePosition;
    found.push({ position: kept, count });
  }
  return found;
}

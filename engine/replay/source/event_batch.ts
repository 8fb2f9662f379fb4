/**
 * Makes chunks of what was read at once from a part.
 *
 * @module
 */
import { ChunkBuilder } from "../chunk_builder.ts";
import type { EventChunk, SourcePosition } from "../event_chunk.ts";
import { FILE_CHUNK_EVENTS } from "../limits.ts";
import type { ReadEvent } from "./event_reader.ts";
import type { InputPart } from "./input_part.ts";
import type { ReadingState } from "./reading_state.ts";

/** Texts or rows that follow each other. */
export interface EventBatch {
  readonly count: number;
  /** Where events lie that go as they are. */
  readonly bytes: Buffer;
  /** Where one lies in it. */
  place(index: number): readonly [start: number, end: number];
  /** Where it is in the part. */
  offset(index: number): number;
  /** What it is; undefined when it is blank. */
  read(index: number, id: number): ReadEvent | undefined;
  /** What a dead letter of it keeps. */
  raw(index: number): Uint8Array;
}

/** Lines made of rows, until they are a chunk. */
class MadeLines {
  #text = "";
  #length = 0;

  /** Where a line will be. */
  add(line: string): readonly [start: number, end: number] {
    const start = this.#length;
    this.#text += line;
    this.#length += Buffer.byteLength(line);
    return [start, this.#length];
  }

  /** Their bytes; undefined when there were none. */
  take(): Buffer | undefined {
    if (this.#length === 0) return undefined;
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    this.#length = 0;
    return bytes;
  }
}

/** The chunks of a batch; none when no event of it is wanted. */
export function* chunksOf(
  part: InputPart,
  batch: EventBatch,
  state: ReadingState,
): Generator<EventChunk, void> {
  const builder = new ChunkBuilder(FILE_CHUNK_EVENTS);
  const lines = new MadeLines();
  let first: SourcePosition | undefined;
  const take = (position: SourcePosition) => {
    first = undefined;
    return builder.take(lines.take() ?? batch.bytes, position);
  };
  const { name, version } = part;
  for (let i = 0; i < batch.count; i++) {
    const { ordinal } = state;
    const event = batch.read(i, ordinal + 1);
    if (event === undefined) continue;
    if (event.kind === "watermark") state.counts.watermarks++;
    else if (event.kind === "unparsable") {
      const { reason, detail } = event;
      state.unparsable({
        shardId: name,
        sequenceNumber: String(batch.offset(i)),
        reason,
        ...(detail === undefined ? {} : { detail }),
        bytes: batch.raw(i),
      });
    } else if (state.isWanted(event.timeMs)) {
      const offset = batch.offset(i);
      first ??= { part: name, version, offset, ordinal };
      const { line, timeMs } = event;
      const place = line === undefined ? batch.place(i) : lines.add(line);
      builder.add(...place, timeMs);
      if (builder.isFull) yield take(first);
    }
  }
  if (first !== undefined) yield take(first);
}

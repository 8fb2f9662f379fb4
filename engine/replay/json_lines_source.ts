/**
 * Events out of files of JSON lines, plain or gzip.
 *
 * Lines go into the stream as they are. Watermark events are left out, since
 * the replay makes its own; so are lines that are no JSON object with a
 * readable event time, which are counted.
 *
 * @module
 */
import { type Block, readBlocks } from "../coordinator/block_reader.ts";
import { ChunkBuilder } from "./chunk_builder.ts";
import type { EventChunk, EventSource } from "./event_chunk.ts";
import { lineKind } from "./event_time.ts";
import { FILE_CHUNK_EVENTS } from "./limits.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Options for {@linkcode JsonLinesSource}. */
export interface JsonLinesSourceOptions {
  /** Read one after the other. */
  readonly paths: readonly string[];
  /** Name of the field with the event time. @default {"dropoff_datetime"} */
  readonly timeField?: string;
}

/** The source. */
export class JsonLinesSource implements EventSource {
  readonly name: string;
  readonly isOrdered = false;
  readonly isRepeatable = true;
  readonly progress = { readBytes: 0, totalBytes: undefined };
  readonly counts = { unparsable: 0, watermarks: 0 };
  readonly #paths: readonly string[];
  readonly #timeField: string;
  #ordinal = 0;

  constructor(options: JsonLinesSourceOptions) {
    const { paths, timeField = "dropoff_datetime" } = options;
    this.#paths = paths;
    this.#timeField = timeField;
    this.name = paths.join(", ");
  }

  async *read(): AsyncGenerator<EventChunk, void> {
    for await (const block of readBlocks({ paths: this.#paths })) {
      const bytes = Buffer.from(block.bytes, 0, block.byteLength);
      yield* this.#chunksOf(bytes, block);
    }
  }

  *#chunksOf(
    bytes: Buffer,
    { path, offset }: Block,
  ): Generator<EventChunk, void> {
    const take = () => {
      const ordinal = this.#ordinal;
      this.#ordinal += builder.count;
      return builder.take(bytes, { part: path, version: "", offset, ordinal });
    };
    const builder = new ChunkBuilder(FILE_CHUNK_EVENTS);
    for (let start = 0; start < bytes.length; ) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed < 0 ? bytes.length : feed + 1;
      if (!isBlank(bytes, start, end))
        this.#addLine(builder, bytes, [start, end]);
      start = end;
      if (builder.isFull) yield take();
    }
    if (builder.count > 0) yield take();
  }

  #addLine(
    builder: ChunkBuilder,
    bytes: Buffer,
    [start, end]: readonly [number, number],
  ): void {
    const line = lineKind(bytes.toString("utf8", start, end), this.#timeField);
    if (line.kind === "event") builder.add(start, end, line.timeMs);
    else if (line.kind === "watermark") this.counts.watermarks++;
    else this.counts.unparsable++;
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (
      byte !== LINE_FEED &&
      byte !== CARRIAGE_RETURN &&
      byte !== SPACE &&
      byte !== TAB
    ) {
      return false;
    }
  }
  return true;
}

/**
 * The source over files, objects and standard input.
 *
 * Seeking takes parts to be in the order of time: the part is found by the
 * first events of some, and the place in it by looking into its middle, where
 * it is not packed and has lines. What is left before the time is read over.
 *
 * @module
 */
import { FlagdropError } from "../../errors.ts";
import type { DeadLetterSink } from "../../sink/sink.ts";
import type {
  EventChunk,
  EventSource,
  SourcePosition,
  SourceProgress,
  SourceStart,
} from "../event_chunk.ts";
import { ByteReader } from "./byte_reader.ts";
import { chunksOf, type EventBatch } from "./event_batch.ts";
import type { InputPart, Inputs } from "./input_part.ts";
import { ParquetPart, type ParquetStart } from "./parquet_part.ts";
import { type MovingCounts, ReadingState } from "./reading_state.ts";
import { seekText } from "./seek_text.ts";
import { spooledFile } from "./spooled_file.ts";
import { type PartOptions, partError, TextPart } from "./text_part.ts";
import { isParquet, PARQUET_HEAD_BYTES } from "./text_shape.ts";
import type { Timestamps } from "./timestamps.ts";

/** Options for {@linkcode InputSource}. */
export interface InputSourceOptions extends PartOptions {
  readonly inputs: Inputs;
  /** Gets what is no event; its owner closes it. */
  readonly deadLetters?: DeadLetterSink | undefined;
}

/** Where reading of a part begins. */
interface PartStart {
  /** As in a position; undefined where it is to be looked for. */
  readonly offset: number | undefined;
  readonly timeMs: number;
}

/** The source. */
export class InputSource implements EventSource {
  readonly name: string;
  readonly isOrdered = false;
  readonly isRepeatable: boolean;
  readonly timestamps: Timestamps;
  readonly counts: MovingCounts = { unparsable: 0, watermarks: 0 };
  readonly #options: InputSourceOptions;
  readonly #parts: readonly InputPart[];
  /** Bytes before each part, and of all at its end; NaN behind a pipe. */
  readonly #bytesBefore: Float64Array;
  #readBytes = 0;
  /** Of the parts before the present one. */
  #startBytes = 0;

  constructor(options: InputSourceOptions) {
    const { name, parts } = options.inputs;
    this.#options = options;
    this.timestamps = options.timestamps;
    this.#parts = parts;
    this.name = name;
    this.#bytesBefore = new Float64Array(parts.length + 1);
    parts.forEach(({ sizeBytes = Number.NaN }, i) => {
      this.#bytesBefore[i + 1] = (this.#bytesBefore[i] ?? 0) + sizeBytes;
    });
    this.isRepeatable = !Number.isNaN(this.#totalBytes);
  }

  get #totalBytes(): number {
    return this.#bytesBefore[this.#parts.length] ?? 0;
  }

  get progress(): SourceProgress {
    return {
      readBytes: this.#readBytes,
      totalBytes: this.isRepeatable ? this.#totalBytes : undefined,
    };
  }

  async *read(start: SourceStart = {}): AsyncGenerator<EventChunk, void> {
    const { position, timeMs = Number.NEGATIVE_INFINITY } = start;
    const { deadLetters } = this.#options;
    const state = new ReadingState({ start, counts: this.counts, deadLetters });
    const isSought = position === undefined && timeMs > -Infinity;
    let index =
      position !== undefined
        ? this.#indexOf(position)
        : isSought && this.isRepeatable
          ? await this.#seekPart(timeMs)
          : 0;
    let offset = position?.offset ?? (isSought ? undefined : 0);
    for (; index < this.#parts.length; index++) {
      const part = this.#parts[index];
      if (part === undefined) return;
      this.#startBytes = this.#bytesBefore[index] || 0;
      const batches = this.#batches(part, { offset, timeMs });
      for await (const batch of batches) {
        yield* chunksOf(part, batch, state);
        await state.flush();
      }
      offset = 0;
    }
  }

  /** The batches of a part; errors name it. */
  async *#batches(
    part: InputPart,
    { offset, timeMs }: PartStart,
  ): AsyncGenerator<EventBatch, void> {
    const options = this.#options;
    const open = (start: number) => this.#counted(part, start);
    try {
      const bytes = new ByteReader(open(0));
      if (
        options.format === "parquet" ||
        isParquet(await bytes.peek(PARQUET_HEAD_BYTES))
      ) {
        yield* this.#rows(part, bytes, { row: offset ?? 0, timeMs });
        return;
      }
      const text = await TextPart.open(part, bytes, options);
      const found =
        offset ??
        (text.canSeek ? await seekText(text, timeMs) : text.dataStart);
      yield* text.batches(Math.max(found, text.dataStart), open);
    } catch (error) {
      throw partError(part, error);
    }
  }

  async *#rows(
    part: InputPart,
    bytes: ByteReader,
    start: ParquetStart,
  ): AsyncGenerator<EventBatch, void> {
    const file = await spooledFile(part, bytes);
    try {
      const parquet = await ParquetPart.open(file.path, this.#options);
      try {
        for await (const batch of parquet.batches(start)) {
          yield batch;
          const rows = batch.offset(batch.count - 1) + 1;
          const share = rows / parquet.rowCount;
          this.#readBytes = this.#startBytes + share * (part.sizeBytes ?? 0);
        }
      } finally {
        parquet.close();
      }
    } finally {
      await file.remove();
    }
  }

  /** A part's bytes, counted for the progress. */
  async *#counted(
    part: InputPart,
    start: number,
  ): AsyncGenerator<Uint8Array, void> {
    this.#readBytes = this.#startBytes + start;
    for await (const bytes of part.open({ start })) {
      this.#readBytes += bytes.length;
      yield bytes;
    }
  }

  #indexOf({ part, version }: SourcePosition): number {
    const index = this.#parts.findIndex(({ name }) => name === part);
    const found = this.#parts[index];
    if (found?.version === version) return index;
    throw new FlagdropError(
      "FD_SOURCE",
      found === undefined
        ? `Cannot go on in "${part}" as it is no part of "${this.name}": give the same --source, or begin anew`
        : `Cannot go on in "${part}" as it has changed (${found.version}, was ${version}): begin anew`,
      { domain: "user" },
    );
  }

  /** The last part that begins before a time; the first if none does. */
  async #seekPart(timeMs: number): Promise<number> {
    let low = 0;
    let high = this.#parts.length;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const [probed, firstMs] = await this.#firstTimeFrom(middle, high);
      if (firstMs < timeMs) low = probed;
      else high = middle;
    }
    return low;
  }

  /** The first part with an event, and its time; infinity when there is none. */
  async #firstTimeFrom(
    from: number,
    to: number,
  ): Promise<readonly [index: number, timeMs: number]> {
    for (let index = from; index < to; index++) {
      const part = this.#parts[index];
      if (part === undefined) break;
      const start = { offset: 0, timeMs: Number.NEGATIVE_INFINITY };
      for await (const batch of this.#batches(part, start)) {
        for (let i = 0; i < batch.count; i++) {
          const event = batch.read(i, 0);
          if (event?.kind === "event") return [index, event.timeMs];
        }
      }
    }
    return [to, Number.POSITIVE_INFINITY];
  }
}

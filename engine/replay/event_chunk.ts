/**
 * What sources hand to the replay: many events at once, as offsets into one
 * buffer, so that an event costs no object.
 *
 * @module
 */
import type { Timestamps } from "./source/timestamps.ts";

/**
 * A place in a source, right before an event, where reading may be taken up
 * again. Plain data that survives JSON.
 */
export interface SourcePosition {
  /** What is read there: a path, `s3://BUCKET/KEY`, `-` or `generator`. */
  readonly part: string;
  /** Tells a changed part: size and time of change, an ETag, a seed. */
  readonly version: string;
  /** Before it in the part: bytes as decompressed, rows of Parquet, or events. */
  readonly offset: number;
  /** Events before it that the source has given out, over all parts. */
  readonly ordinal: number;
}

/** Where reading begins. */
export interface SourceStart {
  /** Events before this time are left out, epoch ms. @default {-Infinity} */
  readonly timeMs?: number;
  /**
   * A chunk's, read with the same `timeMs`: the same events follow.
   *
   * @default {the source's beginning}
   */
  readonly position?: SourcePosition;
  /** Events behind the position that are left out. @default {0} */
  readonly skipEvents?: number;
}

/** How far the reading is. */
export interface SourceProgress {
  /** As they lie there, compressed or not. */
  readonly readBytes: number;
  /** Undefined when nobody knows: standard input, the generator. */
  readonly totalBytes: number | undefined;
}

/** Some events in the order of the data. Nobody changes it once it is made. */
export interface EventChunk {
  readonly bytes: Buffer;
  readonly count: number;
  /** Where each event begins in `bytes`. At least `count` long, as all columns. */
  readonly starts: Uint32Array;
  /** Where each event ends, exclusive; a line feed at its end belongs to it. */
  readonly ends: Uint32Array;
  /** Event times, epoch ms. */
  readonly timesMs: Float64Array;
  /** Where the first of them is. */
  readonly position: SourcePosition;
}

/** What a source has left out so far. */
export interface SourceCounts {
  /** Lines that are no event, or have no event time. */
  readonly unparsable: number;
  /** Watermark events in the input: the replay makes its own. */
  readonly watermarks: number;
}

/** Events to replay. They are read on only when the next chunk is asked for. */
export interface EventSource {
  /** What it is, for messages: `generator`, or a path. */
  readonly name: string;
  /** Whether event times never go back: then little is read ahead. */
  readonly isOrdered: boolean;
  /** Whether it can be read several times; standard input can't. */
  readonly isRepeatable: boolean;
  /** How its times are written, where that was said. @default {as the engine's} */
  readonly timestamps?: Timestamps;
  /** Grows while the source is read. */
  readonly counts: SourceCounts;
  /** Of the latest reading. */
  readonly progress: SourceProgress;
  /**
   * Reads it, from its beginning when nothing else is said.
   *
   * @throws {FlagdropError} `FD_SOURCE` when it can't be read, or the position
   * is of another source.
   */
  read(start?: SourceStart): AsyncGenerator<EventChunk, void>;
}

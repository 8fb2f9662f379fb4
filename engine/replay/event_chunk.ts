/**
 * What sources hand to the replay: many events at once, as offsets into one
 * buffer, so that an event costs no object.
 *
 * @module
 */

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
}

/** What a source has left out so far. */
export interface SourceCounts {
  /** Lines that are no event, or have no event time. */
  readonly unparsable: number;
  /** Watermark events in the input: the replay makes its own. */
  readonly watermarks: number;
}

/**
 * Events to replay, iterated once. It reads on only when asked for the next
 * chunk.
 */
export interface EventSource extends AsyncIterable<EventChunk> {
  /** What it is, for messages: `generator`, or a path. */
  readonly name: string;
  /** Whether event times never go back: then little is read ahead. */
  readonly isOrdered: boolean;
  /** Grows while the source is read. */
  readonly counts: SourceCounts;
}

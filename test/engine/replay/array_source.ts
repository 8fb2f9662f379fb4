/** Events out of an array, for tests of the replay. */
import type {
  EventChunk,
  EventSource,
} from "../../../engine/replay/event_chunk.ts";

/** An event: its number and its time. */
export type NumberedEvent = readonly [number: number, timeMs: number];

/** One chunk of events `{"n":NUMBER,"t":TIME}`. */
export function chunkOf(events: readonly NumberedEvent[]): EventChunk {
  const texts = events.map(([n, time]) => `{"n":${n},"t":${time}}\n`);
  const starts = new Uint32Array(events.length);
  const ends = new Uint32Array(events.length);
  let end = 0;
  texts.forEach((text, i) => {
    starts[i] = end;
    end += text.length;
    ends[i] = end;
  });
  return {
    bytes: Buffer.from(texts.join("")),
    count: events.length,
    starts,
    ends,
    timesMs: Float64Array.from(events, ([, timeMs]) => timeMs),
  };
}

export class ArraySource implements EventSource {
  readonly name = "array";
  readonly isOrdered: boolean;
  readonly counts = { unparsable: 3, watermarks: 2 };
  /** Chunks that were asked for. */
  chunksRead = 0;
  readonly #chunks: readonly (readonly NumberedEvent[])[];
  readonly #error: Error | undefined;

  constructor(
    chunks: readonly (readonly NumberedEvent[])[],
    options: { readonly isOrdered?: boolean; readonly error?: Error } = {},
  ) {
    this.#chunks = chunks;
    this.isOrdered = options.isOrdered ?? false;
    this.#error = options.error;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventChunk, void> {
    for (const events of this.#chunks) {
      this.chunksRead++;
      yield chunkOf(events);
    }
    if (this.#error !== undefined) throw this.#error;
  }
}

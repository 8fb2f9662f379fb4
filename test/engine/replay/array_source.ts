/** Events out of an array, for tests of the replay. */
import type {
  EventChunk,
  EventSource,
  SourceStart,
} from "../../../engine/replay/event_chunk.ts";
import type { InputChunk } from "../../../engine/replay/replay_input.ts";

/** An event: its number and its time. */
export type NumberedEvent = readonly [number: number, timeMs: number];

/** One chunk of events `{"n":NUMBER,"t":TIME}`. */
function chunkOf(events: readonly NumberedEvent[], ordinal = 0): EventChunk {
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
    position: { part: "array", version: "", offset: ordinal, ordinal },
  };
}

/** The same as the input gives it. */
export function inputChunkOf(events: readonly NumberedEvent[]): InputChunk {
  return { ...chunkOf(events), round: 0, shiftMs: 0 };
}

export class ArraySource implements EventSource {
  readonly name = "array";
  readonly isOrdered: boolean;
  readonly isRepeatable = true;
  readonly progress = { readBytes: 0, totalBytes: undefined };
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

  async *read(start: SourceStart = {}): AsyncGenerator<EventChunk, void> {
    const {
      timeMs = Number.NEGATIVE_INFINITY,
      position,
      skipEvents = 0,
    } = start;
    let left = (position?.ordinal ?? 0) + skipEvents;
    let ordinal = 0;
    for (const all of this.#chunks) {
      this.chunksRead++;
      const wanted = all.filter(([, time]) => time >= timeMs);
      const skipped = Math.min(left, wanted.length);
      left -= skipped;
      ordinal += wanted.length;
      const events = wanted.slice(skipped);
      if (events.length > 0) yield chunkOf(events, ordinal - events.length);
    }
    if (this.#error !== undefined) throw this.#error;
  }
}

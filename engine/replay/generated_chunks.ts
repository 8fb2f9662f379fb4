/**
 * Reading a generator like any other source: from a time, or from a place.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { FlagdropError } from "../errors.ts";
import type { EventChunk, SourcePosition, SourceStart } from "./event_chunk.ts";
import { GENERATOR_CHUNK_EVENTS } from "./limits.ts";

/** What made events are told by: all that they depend on is in the version. */
export interface GeneratorIdentity {
  readonly name: string;
  readonly version: string;
}

/** Where a generator is that has made so many events. */
export function generatedPosition(
  { name, version }: GeneratorIdentity,
  made: number,
): SourcePosition {
  return { part: name, version, offset: made, ordinal: made };
}

/** Makes the next events, endlessly. */
export interface EventMaker {
  next(count?: number): EventChunk;
}

/** A chunk without its first events. */
function behind(chunk: EventChunk, first: number): EventChunk {
  const { position } = chunk;
  const made = position.offset + first;
  return {
    bytes: chunk.bytes,
    count: chunk.count - first,
    starts: chunk.starts.subarray(first),
    ends: chunk.ends.subarray(first),
    timesMs: chunk.timesMs.subarray(first),
    position: { ...position, offset: made, ordinal: made },
  };
}

/**
 * The chunks of a maker that has made nothing yet. What comes before the start
 * is made too, at half a million trips a second.
 *
 * @throws {FlagdropError} `FD_SOURCE` for a position of another source.
 */
export async function* readGenerated(
  maker: EventMaker,
  start: SourceStart,
  identity: GeneratorIdentity,
): AsyncGenerator<EventChunk, void> {
  const { timeMs = Number.NEGATIVE_INFINITY, position, skipEvents = 0 } = start;
  if (position !== undefined) checkPosition(position, identity);
  for (let left = (position?.offset ?? 0) + skipEvents; left > 0; ) {
    const count = Math.min(left, GENERATOR_CHUNK_EVENTS);
    maker.next(count);
    left -= count;
    await setImmediate();
  }
  for (;;) {
    const chunk = maker.next();
    const first = chunk.timesMs.findIndex((time) => time >= timeMs);
    // Nothing else would have its turn meanwhile.
    if (first < 0) await setImmediate();
    else if (first === 0) yield chunk;
    else yield behind(chunk, first);
  }
}

function checkPosition(
  { part, version: found }: SourcePosition,
  { name, version }: GeneratorIdentity,
): void {
  if (part === name && found === version) return;
  throw new FlagdropError(
    "FD_SOURCE",
    `Cannot go on in "${part}" (${found}) as the source is the generator with ${version}: give the same options, or begin anew`,
    { domain: "user" },
  );
}

/** Generated trips in chunks, with the watermark that holds behind each. */
import { TripGenerator } from "../../engine/replay/generator.ts";

const CHUNK_TRIPS = 500;

/** Trips in the order of event time. */
export interface TripChunk {
  readonly trips: readonly string[];
  /** An event: no later trip is at or before it. */
  readonly watermark: string;
  readonly endMs: number;
}

function watermarkAt(ms: number): string {
  return JSON.stringify({
    type: "watermark",
    watermark: new Date(ms).toISOString(),
  });
}

/** Makes chunks, the same ones each time. */
export function chunks(count: number): TripChunk[] {
  const generator = new TripGenerator({ seed: 9 });
  return Array.from({ length: count }, () => {
    const { bytes, starts, ends } = generator.next(CHUNK_TRIPS);
    const trips = Array.from({ length: CHUNK_TRIPS }, (_, i) =>
      bytes.subarray(starts[i], ends[i]).toString().trimEnd(),
    );
    const { dropoff_datetime: at } = JSON.parse(trips.at(-1) ?? "{}") as {
      dropoff_datetime: string;
    };
    // The next trip may end in the same second.
    const endMs = Date.parse(at) - 1;
    return { trips, watermark: watermarkAt(endMs), endMs };
  });
}

/** A watermark behind all of them. */
export function watermarkLine(
  of: readonly TripChunk[],
  behindMs: number,
): string {
  return watermarkAt((of.at(-1)?.endMs ?? 0) + behindMs);
}

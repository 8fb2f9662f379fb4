/**
 * The same job as a TypeScript user would write it: `JSON.parse`, ngeohash and
 * Maps, in one thread. The baseline of the suite.
 *
 * One thing is not ngeohash's: it puts a point exactly on the edge between two
 * cells into the lower one. Such points are moved up by the least amount, so
 * that the documents agree and can be compared.
 *
 * @module
 */
import ngeohash from "ngeohash";
import { TripStream, type TripStreamOptions } from "../memory/trip_stream.ts";
import { Meter } from "../suite/meter.ts";
import type { RoundRunner } from "../suite/round_engine.ts";
import { digestOf } from "../suite/watched_sink.ts";

const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;
/** Degrees of a cell of six characters. */
const CELL_HEIGHT = 180 / 2 ** 15;
const CELL_WIDTH = 360 / 2 ** 15;
const NUDGE = 1e-9;

interface Box {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

/** A cell and its eight neighbours. */
function around(cell: string): Box[] {
  return [cell, ...ngeohash.neighbors(cell)].map(boxOf);
}

function boxOf(cell: string): Box {
  const [south, west, north, east] = ngeohash.decode_bbox(cell);
  return { south, west, north, east };
}

const NYC = around("dr72");
const JFK = around("dr5x0z");
const LGA = [...around("dr5rzjx"), boxOf("dr5ryy"), boxOf("dr5rzn")];

const within = (boxes: readonly Box[], lat: number, lon: number) =>
  boxes.some(
    (b) => lat >= b.south && lat <= b.north && lon >= b.west && lon <= b.east,
  );

function encode(lat: number, lon: number): string {
  const up = (value: number, step: number) =>
    Number.isInteger(value / step) ? value + NUDGE : value;
  return ngeohash.encode(
    up(lat + 90, CELL_HEIGHT) - 90,
    up(lon + 180, CELL_WIDTH) - 180,
    6,
  );
}

interface TripEvent {
  readonly type: string;
  readonly watermark: string;
  readonly pickup_lat: number;
  readonly pickup_lon: number;
  readonly dropoff_lat: number;
  readonly dropoff_lon: number;
  readonly pickup_datetime: string;
  readonly dropoff_datetime: string;
}

interface Durations {
  readonly location: string;
  readonly airport: string;
  count: number;
  sum: number;
}

interface OpenWindow {
  readonly pickups: Map<string, number>;
  readonly durations: Map<string, Durations>;
}

/** The job. */
class PlainJob {
  readonly #windows = new Map<number, OpenWindow>();
  readonly #watermarksMs: number[];
  #watermarkMs = Number.NEGATIVE_INFINITY;
  lines: string[] = [];

  constructor(shardCount: number) {
    this.#watermarksMs = new Array<number>(shardCount).fill(-Infinity);
  }

  record(shard: number, bytes: Buffer): void {
    const event = JSON.parse(bytes.toString()) as TripEvent;
    if (event.type === "watermark") this.#advance(shard, event.watermark);
    else if (event.type === "trip") this.#trip(event);
  }

  #trip(event: TripEvent): void {
    const { pickup_lat, pickup_lon, dropoff_lat, dropoff_lon } = event;
    if (!within(NYC, pickup_lat, pickup_lon)) return;
    if (!within(NYC, dropoff_lat, dropoff_lon)) return;
    const timeMs = Date.parse(event.dropoff_datetime);
    const start = Math.floor(timeMs / WINDOW_MS) * WINDOW_MS;
    let window = this.#windows.get(start);
    if (window === undefined) {
      window = { pickups: new Map(), durations: new Map() };
      this.#windows.set(start, window);
    }
    const location = encode(pickup_lat, pickup_lon);
    window.pickups.set(location, (window.pickups.get(location) ?? 0) + 1);
    const airport = within(JFK, dropoff_lat, dropoff_lon)
      ? "JFK"
      : within(LGA, dropoff_lat, dropoff_lon)
        ? "LGA"
        : "";
    if (airport === "") return;
    const key = `${location}|${airport}`;
    const pickupMs = Date.parse(event.pickup_datetime);
    const minutes = Math.trunc((timeMs - pickupMs) / MINUTE_MS);
    const found = window.durations.get(key);
    if (found === undefined) {
      const first = { location, airport, count: 1, sum: minutes };
      window.durations.set(key, first);
    } else {
      found.count++;
      found.sum += minutes;
    }
  }

  #advance(shard: number, watermark: string): void {
    this.#watermarksMs[shard] = Date.parse(watermark);
    const least = Math.min(...this.#watermarksMs);
    if (least <= this.#watermarkMs) return;
    this.#watermarkMs = least;
    for (const [start, window] of this.#windows) {
      if (start + WINDOW_MS - 1 > least) continue;
      this.#windows.delete(start);
      this.#fire(start + WINDOW_MS - 1, window);
    }
  }

  #fire(timestamp: number, { pickups, durations }: OpenWindow): void {
    for (const [location, pickup_count] of pickups) {
      if (pickup_count < 2) continue;
      this.lines.push(
        JSON.stringify({
          _id: `pickup_count|${timestamp}|${location}`,
          query: "pickup_count",
          timestamp,
          location,
          pickup_count,
        }),
      );
    }
    for (const { location, airport, count, sum } of durations.values()) {
      if (count < 2) continue;
      this.lines.push(
        JSON.stringify({
          _id: `trip_duration|${timestamp}|${location}|${airport}`,
          query: "trip_duration",
          timestamp,
          location,
          airport_code: airport,
          sum_trip_duration: sum,
          avg_trip_duration: sum / count,
        }),
      );
    }
  }
}

/** Records that are read from one shard before it is the next one's turn. */
const TURN_RECORDS = 1_000;

/** Runs the job in rounds, as the engine is run. */
export async function startPlainNode(
  options: TripStreamOptions,
): Promise<RoundRunner> {
  const stream = new TripStream(options);
  const { shards } = stream.shared;
  const job = new PlainJob(shards.length);
  return {
    async round(digests) {
      stream.prepare();
      // A user of the AWS SDK has a Buffer for each record.
      const records = shards.map(({ bytes, starts, ends, recordCount }) =>
        Array.from({ length: recordCount }, (_, i) =>
          Buffer.from(
            bytes.buffer,
            starts[i],
            (ends[i] ?? 0) - (starts[i] ?? 0),
          ),
        ),
      );
      job.lines = [];
      const meter = new Meter();
      const most = Math.max(...records.map(({ length }) => length));
      for (let from = 0; from < most; from += TURN_RECORDS) {
        for (const [shard, list] of records.entries()) {
          const to = Math.min(from + TURN_RECORDS, list.length);
          for (let i = from; i < to; i++) {
            const record = list[i];
            if (record !== undefined) job.record(shard, record);
          }
        }
      }
      return {
        ...meter.read(),
        events: stream.recordCount,
        documents: job.lines.length,
        digest: digests ? digestOf(job.lines) : "",
      };
    },
    async close() {},
  };
}

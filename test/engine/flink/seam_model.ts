/**
 * A run that is stopped and the job that goes on with it on Flink: the first
 * with the engine's own windows, shards and checkpoints, the second as Flink
 * does it, by maps.
 */
import type { Checkpoint } from "../../../engine/checkpoint/checkpoint.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../../engine/checkpoint/checkpoint_codec.ts";
import { arrivedFrom } from "../../../engine/coordinator/arrived_from.ts";
import { ShardTable } from "../../../engine/coordinator/shard_table.ts";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import type { FlinkSeam } from "../../../engine/flink/seam.ts";
import { windowStart } from "../../../engine/tally/window.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { shardProgress } from "../../helpers/shard_progress.ts";
import { counted, flushed, PLAN, WINDOW_MS } from "../../helpers/taxi.ts";

/** A record of a shard: an event, or a watermark. */
export interface ModelRecord {
  readonly arrivalMs: number;
  readonly timeMs: number;
  /** Key of the event; -1 for a watermark. */
  readonly key: number;
}

/** Documents: count by window and key. */
export type ModelDocuments = Map<string, number>;

const LEAST_COUNT = 2;
export const SHARDS: readonly string[] = ["a", "b", "c"];

/** Windows and shards of a run, and what it has written. */
export class ModelRun {
  #windows = new WindowStore(PLAN);
  #table = new ShardTable();
  #watermarkMs = Number.NEGATIVE_INFINITY;
  readonly documents: ModelDocuments = new Map();
  readonly #read = SHARDS.map(() => 0);

  constructor(startMs: number) {
    for (const shardId of SHARDS) {
      this.#table.add(
        {
          shardId,
          parentShardIds: [],
          startingHashKey: "0",
          endingHashKey: "1",
        },
        { type: "at_timestamp", timestampMs: startMs },
      );
    }
    this.#take();
  }

  #take(): void {
    for (const entry of this.#table.takeReady()) entry.worker = 0;
  }

  /** One flush: some records of each shard. */
  flush(
    streams: readonly (readonly ModelRecord[])[],
    counts: readonly number[],
  ): void {
    const tallied: (readonly [number, number, number, number])[] = [];
    const progress = SHARDS.map((shardId, shard) => {
      const from = this.#read[shard] ?? 0;
      const records =
        streams[shard]?.slice(from, from + (counts[shard] ?? 0)) ?? [];
      this.#read[shard] = from + records.length;
      let { watermarkMs } = this.#table.get(shardId)!;
      for (const { timeMs, key } of records) {
        if (key < 0) watermarkMs = Math.max(watermarkMs, timeMs);
        else tallied.push([0, windowStart(timeMs, WINDOW_MS), key, 1]);
      }
      return shardProgress(shardId, {
        sequenceNumber: String(this.#read[shard]),
        arrivalMs: records.at(-1)?.arrivalMs ?? Number.NaN,
        behindLatestMs: 1,
        watermarkMs,
        counts: counted(records.length),
      });
    });
    const arrivedFromMs = arrivedFrom(this.#table, progress);
    this.#windows.merge(flushed(tallied), arrivedFromMs);
    for (const one of progress) this.#table.apply(0, one);
    this.#watermarkMs = Math.max(this.#watermarkMs, this.#table.watermarkMs);
    for (const window of this.#windows.fire(this.#watermarkMs)) {
      for (const [row, word] of window.word0.entries()) {
        write(
          this.documents,
          `${window.timestampMs}|${word}`,
          window.counts[row]!,
        );
      }
    }
  }

  checkpoint(): Checkpoint {
    const sample = sampleCheckpoint(1);
    const checkpoint: Checkpoint = {
      ...sample,
      input: {
        type: "kinesis",
        shards: this.#table.snapshot(),
        dedupe: [],
      },
      merger: {
        ...sample.merger,
        watermarkMs: this.#watermarkMs,
        windows: this.#windows.snapshot(),
        windowArrivals: this.#windows.arrivals(),
      },
    };
    return decodeCheckpoint(encodeCheckpoint(checkpoint), "model");
  }

  /** Goes on from a checkpoint, as after a crash. */
  restart(): void {
    const { merger, input } = this.checkpoint();
    if (input.type !== "kinesis") throw new TypeError("a model has shards");
    this.#windows = new WindowStore(PLAN);
    this.#windows.restore(merger.windows, merger.watermarkMs);
    this.#windows.restoreArrivals(merger.windowArrivals);
    this.#table = new ShardTable();
    this.#table.restore(input.shards);
    this.#take();
  }
}

function write(documents: ModelDocuments, id: string, count: number): void {
  if (documents.has(id)) throw new Error(`document ${id} came twice`);
  documents.set(id, count);
}

/** What Flink makes of the streams, record by record in some order. */
export function flinkDocuments(
  streams: readonly (readonly ModelRecord[])[],
  seam: FlinkSeam,
  pick: (choices: number) => number,
): ModelDocuments {
  const startMs = seam.startArrivalMs ?? Number.NEGATIVE_INFINITY;
  const rest = streams.map((records) =>
    records.filter(({ arrivalMs }) => arrivalMs >= startMs),
  );
  const watermarks = rest.map(() => Number.NEGATIVE_INFINITY);
  const open = new Map<number, Map<number, number>>();
  const documents: ModelDocuments = new Map();
  const fireTo = (watermarkMs: number) => {
    for (const [start, keys] of open) {
      if (start + WINDOW_MS - 1 > watermarkMs) continue;
      open.delete(start);
      if (start + WINDOW_MS < (seam.firstWindowEndMs[0] ?? -Infinity)) continue;
      for (const [key, count] of keys) {
        if (count < LEAST_COUNT) continue;
        write(documents, `${start + WINDOW_MS - 1}|${key}`, count);
      }
    }
  };
  for (;;) {
    const left = rest.flatMap((records, i) => (records.length > 0 ? [i] : []));
    const shard = left[pick(left.length)];
    if (shard === undefined) break;
    const record = rest[shard]!.shift()!;
    if (record.key < 0) {
      watermarks[shard] = Math.max(watermarks[shard]!, record.timeMs);
      fireTo(Math.min(...watermarks));
      continue;
    }
    const start = windowStart(record.timeMs, WINDOW_MS);
    if (start + WINDOW_MS - 1 <= Math.min(...watermarks)) continue;
    const keys = open.get(start) ?? new Map<number, number>();
    open.set(start, keys.set(record.key, (keys.get(record.key) ?? 0) + 1));
  }
  fireTo(Number.POSITIVE_INFINITY);
  return documents;
}

/** What a plain count of everything gives. */
export function wholeDocuments(
  streams: readonly (readonly ModelRecord[])[],
): ModelDocuments {
  const counts: ModelDocuments = new Map();
  for (const { key, timeMs } of streams.flat()) {
    if (key < 0) continue;
    const id = `${windowStart(timeMs, WINDOW_MS) + WINDOW_MS - 1}|${key}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Map([...counts].filter(([, count]) => count >= LEAST_COUNT));
}

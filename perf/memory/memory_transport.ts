/**
 * Hands records in shared memory to the workers' own shard readers, in the
 * place of the HTTP client. Between two rounds a request waits.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../engine/clock.ts";
import type { RecordColumns } from "../../engine/kinesis/record_columns.ts";
import type {
  KinesisTransport,
  RecordsAnswer,
  RecordsRequest,
  ShardIteratorRequest,
} from "../../workers/kinesis/transport.ts";
import {
  type MemoryShard,
  parseSequence,
  SEQUENCE_BYTES,
  type SharedStream,
} from "./trip_stream.ts";

/** How long a request sleeps before it looks for the next round, ms. */
const POLL_MS = 1;

/** How long it waits before it says that there is nothing: nobody shall worry. */
const HOLD_MS = 5_000;

/** A shard and its memory as a buffer of this thread. */
interface OpenShard extends MemoryShard {
  readonly buffer: Buffer;
}

/** Reads the next records of a shard into columns. */
function readInto(
  { buffer, starts, ends, sequencesAt }: OpenShard,
  [from, to]: readonly [number, number],
  columns: RecordColumns,
): void {
  const count = to - from;
  columns.reset(buffer);
  while (columns.dataStarts.length < count) {
    columns.recordCount = columns.dataStarts.length;
    columns.reserve();
  }
  columns.dataStarts.set(starts.subarray(from, to));
  columns.dataEnds.set(ends.subarray(from, to));
  for (let i = 0; i < count; i++) {
    const at = sequencesAt + (from + i) * SEQUENCE_BYTES;
    columns.sequenceStarts[i] = at;
    columns.sequenceEnds[i] = at + SEQUENCE_BYTES;
  }
  columns.keyStarts.fill(0, 0, count);
  columns.keyEnds.fill(0, 0, count);
  columns.arrivalMs.fill(Date.now(), 0, count);
  columns.recordCount = count;
}

function nothing(iterator: string): RecordsAnswer {
  return {
    byteLength: 0,
    readInto: (columns) => {
      columns.reset(Buffer.alloc(0));
      columns.nextShardIterator = iterator;
    },
    release() {},
  };
}

/** The transport of one worker. */
export class MemoryTransport implements KinesisTransport {
  readonly #shards: ReadonlyMap<string, OpenShard>;
  readonly #round: Int32Array;
  readonly #clock: Clock;

  constructor({ shards, round }: SharedStream, clock: Clock) {
    this.#shards = new Map(
      shards.map((shard) => [
        shard.shardId,
        { ...shard, buffer: Buffer.from(shard.bytes.buffer) },
      ]),
    );
    this.#round = round;
    this.#clock = clock;
  }

  async getShardIterator({ start }: ShardIteratorRequest): Promise<string> {
    if (start.type !== "after") return "1:0";
    const { round, index } = parseSequence(start.sequenceNumber);
    return `${round}:${index + 1}`;
  }

  async getRecords(
    { shardId, iterator, limit }: RecordsRequest,
    signal: AbortSignal,
  ): Promise<RecordsAnswer> {
    const shard = this.#shards.get(shardId);
    if (shard === undefined) throw new RangeError(`no shard ${shardId}`);
    let [round = 1, from = 0] = iterator.split(":").map(Number);
    if (from === shard.recordCount) {
      round++;
      from = 0;
    }
    const untilMs = this.#clock.monotonicMs() + HOLD_MS;
    while (Atomics.load(this.#round, 0) < round) {
      if (this.#clock.monotonicMs() > untilMs) return nothing(iterator);
      await this.#clock.sleep(POLL_MS, signal);
      if (signal.aborted) throw new Error("stopped");
    }
    await setImmediate();
    const to = Math.min(shard.recordCount, from + limit);
    return {
      byteLength: (shard.ends[to - 1] ?? 0) - (shard.starts[from] ?? 0),
      readInto: (columns) => {
        readInto(shard, [from, to], columns);
        columns.nextShardIterator = `${round}:${to}`;
      },
      release() {},
    };
  }
}

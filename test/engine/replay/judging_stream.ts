/** A stream that judges watermarks, and events for it, for tests of the replay. */
import type { EventSource } from "../../../engine/replay/event_chunk.ts";
import { Random } from "../../../engine/replay/random.ts";
import type { ReplayOptions } from "../../../engine/replay/replay_options.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";
import type { JumpingClock } from "../kinesis/jumping_clock.ts";
import {
  MemoryStream,
  type MemoryStreamOptions,
  type SentRecord,
} from "../kinesis/memory_stream.ts";
import type { NumberedEvent } from "./array_source.ts";

export const START_MS = Date.parse("2016-01-01T00:00:00Z");

interface Arrival {
  readonly atMs: number;
  readonly number: number;
}

/** A stream that knows which events there are, and judges watermarks. */
export class JudgingStream extends MemoryStream {
  readonly arrivals: Arrival[] = [];
  readonly violations: string[] = [];
  /** Events that had come before, and come again behind a watermark. */
  lateCopies = 0;
  readonly #arrived = new Set<number>();
  readonly watermarks = new Map<string, number[]>();
  readonly #times: Map<number, number>;

  constructor(
    events: readonly NumberedEvent[],
    clock: JumpingClock,
    options: MemoryStreamOptions = {},
  ) {
    const judge = options.judge ?? (() => "");
    super({
      ...options,
      judge: (record) => {
        const verdict = judge(record);
        if (verdict === "") this.#take(record, clock.monotonicMs());
        return verdict;
      },
    });
    this.#times = new Map(events);
  }

  #take(record: SentRecord & { shardId: string }, atMs: number): void {
    const value = JSON.parse(record.data.toString());
    if (value.type !== "watermark") {
      this.arrivals.push({ atMs, number: value.n });
      const isCopy = this.#arrived.has(value.n);
      this.#arrived.add(value.n);
      const last = this.watermarks.get(record.shardId)?.at(-1) ?? -Infinity;
      if (value.t <= last && isCopy) this.lateCopies++;
      else if (value.t <= last)
        this.violations.push(`${value.n} behind ${last}`);
      return;
    }
    const watermarkMs = Date.parse(value.watermark);
    const here = new Set(this.arrivals.map(({ number }) => number));
    for (const [number, timeMs] of this.#times) {
      if (timeMs <= watermarkMs && !here.has(number)) {
        this.violations.push(`${number} missing at ${value.watermark}`);
      }
    }
    const list = this.watermarks.get(record.shardId) ?? [];
    if (watermarkMs < (list.at(-1) ?? -Infinity)) {
      this.violations.push(`watermark ${value.watermark} goes back`);
    }
    list.push(watermarkMs);
    this.watermarks.set(record.shardId, list);
  }

  /** How many events have come at least once. */
  get arrivedCount(): number {
    return this.#arrived.size;
  }

  get numbers(): number[] {
    return this.arrivals.map(({ number }) => number).sort((a, b) => a - b);
  }
}

export function replayOptions(
  stream: MemoryStream,
  source: EventSource,
  clock: JumpingClock,
): ReplayOptions {
  const random = new Random(5);
  return {
    connection: {
      region: "us-east-1",
      endpoint: "http://127.0.0.1:4567",
      credentials: testCredentialsSource(),
      caPem: "",
    },
    stream: "taxi",
    source,
    clock,
    random: () => random.unit(),
    transport: stream,
    listShards: async () => stream.shards,
    speedup: Number.POSITIVE_INFINITY,
    pacing: false,
  };
}

/** Events a second apart, each out of order by up to `disorderMs`. */
export function eventsOf(count: number, disorderMs = 0): NumberedEvent[] {
  const random = new Random(13);
  return Array.from({ length: count }, (_, i) => [
    i,
    START_MS + i * 1_000 - Math.floor(random.unit() * disorderMs),
  ]);
}

export function chunked(events: readonly NumberedEvent[], size: number) {
  return Array.from({ length: Math.ceil(events.length / size) }, (_, i) =>
    events.slice(i * size, (i + 1) * size),
  );
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

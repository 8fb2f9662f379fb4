/**
 * All streams, and the memory that their records may take together.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Clock } from "../../clock.ts";
import { ServiceError } from "../service_error.ts";
import { LocalStream, type StreamMode } from "./local_stream.ts";
import type { RecordLog } from "./record_log.ts";

/** Options for {@linkcode StreamStore}. */
export interface StreamStoreOptions {
  readonly clock: Clock;
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** Memory for records. */
  readonly memoryBytes: number;
  /** How long creating and deleting a stream takes. */
  readonly stateChangeMs: number;
  /** Largest record of a new stream that names no other. */
  readonly recordBytesMax: number;
  /** Called when records are dropped for want of memory, the first time. */
  readonly onTrim: () => void;
}

/** What {@linkcode StreamStore.create} needs to know. */
export interface NewStream {
  readonly name: string;
  readonly shardCount: number;
  readonly mode: StreamMode;
  readonly recordBytesMax?: number | undefined;
}

/** Streams by name. */
export class StreamStore {
  readonly #options: StreamStoreOptions;
  readonly #streams = new Map<string, LocalStream>();
  #streamsMade = 0;
  #trimmedCount = 0;

  constructor(options: StreamStoreOptions) {
    this.#options = options;
  }

  /** Records dropped for want of memory. */
  get trimmedCount(): number {
    return this.#trimmedCount;
  }

  /** Memory that records take. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const log of this.#logs()) bytes += log.memoryBytes;
    return bytes;
  }

  get openShardCount(): number {
    return this.list().reduce(
      (count, { openShards }) => count + openShards.length,
      0,
    );
  }

  arnOf(name: string): string {
    const { region, accountId } = this.#options;
    return `arn:aws:kinesis:${region}:${accountId}:stream/${name}`;
  }

  /** All streams in the order of their names. */
  list(): readonly LocalStream[] {
    this.#settle();
    return [...this.#streams.values()].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  }

  /** A stream as it is now. */
  get(name: string): LocalStream | undefined {
    this.#settle();
    return this.#streams.get(name);
  }

  /** Adds a stream, whose name must be free. */
  create(stream: NewStream): LocalStream {
    assert(this.get(stream.name) === undefined);
    const { clock, stateChangeMs } = this.#options;
    const nowMs = clock.nowMs();
    this.#streamsMade++;
    const created = new LocalStream({
      name: stream.name,
      arn: this.arnOf(stream.name),
      number: this.#streamsMade,
      shardCount: stream.shardCount,
      mode: stream.mode,
      createdAtMs: nowMs,
      activeAtMs: nowMs + stateChangeMs,
      recordBytesMax: stream.recordBytesMax ?? this.#options.recordBytesMax,
      reserve: (bytes) => this.#reserve(bytes),
    });
    this.#streams.set(stream.name, created);
    return created;
  }

  /** Deletes a stream and ends what reads from it. */
  delete(stream: LocalStream): void {
    stream.consumers.endSubscriptions(
      new ServiceError(
        "ResourceNotFoundException",
        `Stream ${stream.name} has been deleted.`,
      ),
    );
    const { clock, stateChangeMs } = this.#options;
    stream.deletedAtMs = clock.nowMs() + stateChangeMs;
    this.#settle();
  }

  /** Does what is due: changes of shards, and deletions. */
  #settle(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const stream of this.#streams.values()) {
      if (stream.deletedAtMs <= nowMs) this.#streams.delete(stream.name);
      else stream.settle(nowMs);
    }
  }

  *#logs(): Iterable<RecordLog> {
    for (const { shards } of this.#streams.values()) {
      for (const { log } of shards) yield log;
    }
  }

  /** Makes room for more records: the oldest go, in whichever stream. */
  #reserve(bytes: number): void {
    this.#dropExpired();
    let used = this.memoryBytes;
    while (used + bytes > this.#options.memoryBytes) {
      const oldest = this.#oldestLog();
      if (oldest === undefined) return;
      if (this.#trimmedCount === 0) this.#options.onTrim();
      const dropped = oldest.dropOldest();
      this.#trimmedCount += dropped.recordCount;
      used -= dropped.memoryBytes;
    }
  }

  #dropExpired(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const stream of this.#streams.values()) {
      const horizonMs = stream.horizonMs(nowMs);
      for (const { log } of stream.shards) {
        while (log.isOldestBefore(horizonMs)) log.dropOldest();
      }
    }
  }

  #oldestLog(): RecordLog | undefined {
    let oldest: RecordLog | undefined;
    for (const log of this.#logs()) {
      const arrivalMs = log.firstArrivalMs;
      if (arrivalMs === undefined) continue;
      if (arrivalMs < (oldest?.firstArrivalMs ?? Number.POSITIVE_INFINITY)) {
        oldest = log;
      }
    }
    return oldest;
  }
}

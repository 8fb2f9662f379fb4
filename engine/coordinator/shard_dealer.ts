/**
 * Deals shards to workers: those that become ready, and those whose worker is
 * gone.
 *
 * @module
 */
import { leastLoaded } from "./assign_shards.ts";
import { resumeAt, type ShardEntry, type ShardTable } from "./shard_table.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** How often a shard's worker was lost since the shard's position moved. */
interface Losses {
  count: number;
  sequenceNumber: string;
}

/** Options for {@linkcode ShardDealer}. */
export interface ShardDealerOptions {
  readonly table: ShardTable;
  readonly workers: WorkerGroup;
}

/** Says which worker reads which shard. */
export class ShardDealer {
  readonly #table: ShardTable;
  readonly #workers: WorkerGroup;
  readonly #losses = new Map<string, Losses>();

  constructor({ table, workers }: ShardDealerOptions) {
    this.#table = table;
    this.#workers = workers;
  }

  /** Gives every shard that is ready to a worker, if there is one. */
  deal(): void {
    const { ready } = this.#workers;
    if (ready.length === 0) return;
    const counts = this.#table.shardCounts(ready);
    for (const entry of this.#table.takeReady()) {
      const at = leastLoaded(counts);
      counts[at] = (counts[at] ?? 0) + 1;
      this.#assign(entry, ready[at] ?? 0);
    }
  }

  #assign(entry: ShardEntry, worker: number): void {
    entry.worker = worker;
    this.#workers.post(worker, {
      type: "assign",
      shards: [
        {
          shardId: entry.shardId,
          startingHashKey: entry.startingHashKey,
          endingHashKey: entry.endingHashKey,
          start: resumeAt(entry),
          watermarkMs: entry.watermarkMs,
          dedupe: null,
        },
      ],
    });
  }

  /** A worker is gone without a last flush: its shards go to others. */
  lost(worker: number): void {
    for (const { shardId, sequenceNumber } of this.#table.takeFrom(worker)) {
      const before = this.#losses.get(shardId);
      const isSame = before?.sequenceNumber === sequenceNumber;
      const count = (isSame ? before.count : 0) + 1;
      this.#losses.set(shardId, { count, sequenceNumber });
    }
    this.deal();
  }

  /** A worker's last flush is applied: its shards go to others. */
  left(worker: number): void {
    this.#table.takeFrom(worker);
    this.deal();
  }

  /**
   * The shard whose worker was lost most often at the position where it still
   * stands: what ends workers is likely to be just behind it.
   */
  suspect(): string {
    const [most] = [...this.#losses].sort(([, a], [, b]) => b.count - a.count);
    if (most === undefined) return "no shard";
    const [shardId, { sequenceNumber }] = most;
    return sequenceNumber === ""
      ? `shard "${shardId}" from its start`
      : `shard "${shardId}" after sequence number ${sequenceNumber}`;
  }
}

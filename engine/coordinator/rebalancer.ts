/**
 * Evens out the workers' loads: samples what each shard costs, and moves one
 * shard at a time.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { LOAD_SAMPLE_MS, SHARD_BALANCE_MS } from "../limits.ts";
import { planMove } from "./plan_move.ts";
import type { ShardDealer } from "./shard_dealer.ts";
import type { ShardTable } from "./shard_table.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** Options for {@linkcode Rebalancer}. */
export interface RebalancerOptions {
  readonly table: ShardTable;
  readonly dealer: ShardDealer;
  readonly workers: WorkerGroup;
  readonly clock: Clock;
}

/** Moves shards from busy workers to idle ones. */
export class Rebalancer {
  readonly #options: RebalancerOptions;
  #sampledAtMs: number;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: RebalancerOptions) {
    this.#options = options;
    this.#sampledAtMs = options.clock.monotonicMs();
  }

  /** To be called often; samples when it is time. */
  tick(): void {
    const { table, dealer, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const durationMs = nowMs - this.#sampledAtMs;
    if (durationMs < LOAD_SAMPLE_MS) return;
    this.#sampledAtMs = nowMs;
    for (const { shardId, worker } of table.entries) {
      if (worker >= 0) dealer.cares.of(shardId).sample(durationMs);
    }
    this.step();
  }

  /** Leaves things as they are for a while, as somebody wants them so. */
  rest(): void {
    this.#restUntilMs = this.#options.clock.monotonicMs() + SHARD_BALANCE_MS;
  }

  /** Moves a shard if it is worth it and none is on its way. */
  step(): void {
    const { dealer, workers, clock } = this.#options;
    if (dealer.isMoving || clock.monotonicMs() < this.#restUntilMs) return;
    const move = planMove(workers.ready, dealer.loads());
    if (move !== undefined) dealer.move(move.shardId, move.to, "load");
  }
}

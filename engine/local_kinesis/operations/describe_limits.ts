/**
 * DescribeLimits.
 *
 * @module
 */
import { SHARD_COUNT_MAX } from "../limits.ts";
import { type Operation, operation } from "../service.ts";
import { structure } from "../wire/shape.ts";

/** On-demand streams of an account; here it is the shards that are counted. */
const ON_DEMAND_STREAM_COUNT_MAX = 50;

/** Tells how many shards there are and may be. */
export const describeLimits: Operation = operation(
  structure({}),
  ({ store }) => ({
    ShardLimit: SHARD_COUNT_MAX,
    OpenShardCount: store.openShardCount,
    OnDemandStreamCount: store.list().filter(({ mode }) => mode === "ON_DEMAND")
      .length,
    OnDemandStreamCountLimit: ON_DEMAND_STREAM_COUNT_MAX,
  }),
);

/**
 * A child shard as a parent's last answer names it.
 *
 * @module
 */
import type { ChildShard } from "./shard_lineage.ts";

type Map = { readonly [key: string]: unknown };

function isMap(value: unknown): value is Map {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A decoded `ChildShard` of the API; undefined if it isn't one. */
export function childShardFrom(value: unknown): ChildShard | undefined {
  if (!isMap(value)) return undefined;
  const { ShardId, ParentShards, HashKeyRange } = value as {
    readonly ShardId?: unknown;
    readonly ParentShards?: unknown;
    readonly HashKeyRange?: unknown;
  };
  if (typeof ShardId !== "string" || !isMap(HashKeyRange)) return undefined;
  const { StartingHashKey, EndingHashKey } = HashKeyRange as {
    readonly StartingHashKey?: unknown;
    readonly EndingHashKey?: unknown;
  };
  if (typeof StartingHashKey !== "string") return undefined;
  if (typeof EndingHashKey !== "string") return undefined;
  const parents: readonly unknown[] = Array.isArray(ParentShards)
    ? ParentShards
    : [];
  return {
    shardId: ShardId,
    parentShardIds: parents.filter((id) => typeof id === "string"),
    startingHashKey: StartingHashKey,
    endingHashKey: EndingHashKey,
  };
}

/** Puts a further shard into a stream, as resharding will. */
import {
  LocalShard,
  type LocalShardOptions,
} from "../../../engine/local_kinesis/store/local_shard.ts";
import type { LocalStream } from "../../../engine/local_kinesis/store/local_stream.ts";

/** Adds a shard after the last; it gets no records. */
export function addShard(
  stream: LocalStream,
  options: Pick<LocalShardOptions, "createdAtMs" | "parentIds">,
): void {
  const shards = stream.shards as LocalShard[];
  shards.push(
    new LocalShard({
      index: shards.length,
      hashRange: { start: 0n, end: 9n },
      reserve: () => {},
      ...options,
    }),
  );
}

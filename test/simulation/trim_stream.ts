/** What retention does: takes away what has been read, never what has not. */
import type { Checkpoint } from "../../engine/checkpoint/checkpoint.ts";
import type { SimShard } from "./sim_stream.ts";
import type { World } from "./world.ts";

/** Records of a shard that a checkpoint has read; all when it has ended. */
function readCount(shard: SimShard, { input }: Checkpoint): number {
  if (input.type !== "kinesis") return 0;
  const entry = input.shards.find(({ shardId }) => shardId === shard.shardId);
  if (entry === undefined) return 0;
  if (entry.state === "ended" || entry.state === "retired") {
    return shard.records.length + 1;
  }
  if (entry.sequenceNumber === "") return 0;
  const position = BigInt(entry.sequenceNumber);
  const next = shard.records.findIndex(
    ({ sequenceNumber }) => BigInt(sequenceNumber) > position,
  );
  return next < 0 ? shard.records.length : next;
}

/** Trims what none of the checkpoints needs any more. */
export function trimStream(
  world: World,
  checkpoints: readonly Checkpoint[],
): void {
  if (checkpoints.length === 0) return;
  for (const shard of world.stream.shards) {
    const read = Math.min(...checkpoints.map((one) => readCount(shard, one)));
    const isOver = shard.closed && read > shard.records.length;
    const most = Math.min(read, shard.records.length);
    shard.trimmedCount = Math.max(
      shard.trimmedCount,
      isOver ? most : world.random.whole(0, most),
    );
    if (isOver && !shard.gone) world.note(`${shard.shardId} is gone`);
    shard.gone ||= isOver;
  }
}

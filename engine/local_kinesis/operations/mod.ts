/**
 * The operations by name.
 *
 * @module
 */
import type { Operation } from "../service.ts";
import { createStream } from "./create_stream.ts";
import { deleteStream } from "./delete_stream.ts";
import { deregisterStreamConsumer } from "./deregister_stream_consumer.ts";
import { describeLimits } from "./describe_limits.ts";
import { describeStream } from "./describe_stream.ts";
import { describeStreamConsumer } from "./describe_stream_consumer.ts";
import { describeStreamSummary } from "./describe_stream_summary.ts";
import { getRecords } from "./get_records.ts";
import { getShardIterator } from "./get_shard_iterator.ts";
import { listShards } from "./list_shards.ts";
import { listStreamConsumers } from "./list_stream_consumers.ts";
import { listStreams } from "./list_streams.ts";
import { mergeShards } from "./merge_shards.ts";
import { putRecord } from "./put_record.ts";
import { putRecords } from "./put_records.ts";
import { registerStreamConsumer } from "./register_stream_consumer.ts";
import {
  decreaseStreamRetentionPeriod,
  increaseStreamRetentionPeriod,
} from "./retention_period.ts";
import { splitShard } from "./split_shard.ts";
import { subscribeToShard } from "./subscribe_to_shard.ts";
import { updateMaxRecordSize } from "./update_max_record_size.ts";
import { updateShardCount } from "./update_shard_count.ts";

/** What there is, by the names of the API. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ["CreateStream", createStream],
  ["DecreaseStreamRetentionPeriod", decreaseStreamRetentionPeriod],
  ["DeleteStream", deleteStream],
  ["DeregisterStreamConsumer", deregisterStreamConsumer],
  ["DescribeLimits", describeLimits],
  ["DescribeStream", describeStream],
  ["DescribeStreamConsumer", describeStreamConsumer],
  ["DescribeStreamSummary", describeStreamSummary],
  ["GetRecords", getRecords],
  ["GetShardIterator", getShardIterator],
  ["IncreaseStreamRetentionPeriod", increaseStreamRetentionPeriod],
  ["ListShards", listShards],
  ["ListStreamConsumers", listStreamConsumers],
  ["ListStreams", listStreams],
  ["MergeShards", mergeShards],
  ["PutRecord", putRecord],
  ["PutRecords", putRecords],
  ["RegisterStreamConsumer", registerStreamConsumer],
  ["SplitShard", splitShard],
  ["SubscribeToShard", subscribeToShard],
  ["UpdateMaxRecordSize", updateMaxRecordSize],
  ["UpdateShardCount", updateShardCount],
]);

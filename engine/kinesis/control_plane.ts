/**
 * What the engine asks the control plane of Kinesis: what a stream is, and
 * which shards it has. Over the AWS SDK, which is loaded when first needed.
 *
 * @module
 */
import type {
  DescribeStreamSummaryCommandOutput,
  Shard,
} from "@aws-sdk/client-kinesis";
import type { AwsConnection } from "../aws/connection.ts";
import { type Clock, systemClock } from "../clock.ts";
import { FlagdropError } from "../errors.ts";
import { persistently } from "./control_plane_retry.ts";
import { withKinesisClient } from "./kinesis_client.ts";
import type { KinesisShard, StreamDescription } from "./shard.ts";
import { type ConsumerOptions, registerConsumer } from "./stream_consumer.ts";

/** Options for {@linkcode describeStream} and {@linkcode listShards}. */
export interface ControlPlaneOptions {
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Uniform in [0, 1); for jitter. @default {Math.random} */
  readonly random?: () => number;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
}

/** What the engine asks of the control plane; a simulator has its own. */
export interface ControlPlane {
  /** {@linkcode describeStream}. */
  readonly describeStream: (
    connection: AwsConnection,
    stream: string,
  ) => Promise<StreamDescription>;
  /** {@linkcode listShards}. */
  readonly listShards: (
    connection: AwsConnection,
    stream: string,
  ) => Promise<KinesisShard[]>;
  /** {@linkcode registerConsumer}. */
  readonly registerConsumer: (
    connection: AwsConnection,
    options: ConsumerOptions,
  ) => Promise<string>;
}

/** Pages of 1,000 shards: more than any account may have. */
const SHARD_PAGES_MAX = 1_000;

/** A stream, by name or by ARN. */
function streamFields(stream: string) {
  return stream.startsWith("arn:")
    ? { StreamARN: stream }
    : { StreamName: stream };
}

function described(
  stream: string,
  output: DescribeStreamSummaryCommandOutput,
): StreamDescription {
  const summary = output.StreamDescriptionSummary;
  if (summary?.StreamARN === undefined || summary.StreamName === undefined) {
    throw new FlagdropError(
      "FD_SERVICE",
      `Cannot describe stream "${stream}" as the answer names none: check --endpoint`,
    );
  }
  return {
    streamArn: summary.StreamARN,
    streamName: summary.StreamName,
    creationTimeMs: summary.StreamCreationTimestamp?.getTime() ?? 0,
    status: summary.StreamStatus ?? "ACTIVE",
    retentionHours: summary.RetentionPeriodHours ?? 24,
    openShardCount: summary.OpenShardCount ?? 0,
    recordBytesMax: (summary.MaxRecordSizeInKiB ?? 1_024) * 1_024,
  };
}

function listed(shard: Shard): KinesisShard {
  const { HashKeyRange: keys, SequenceNumberRange: numbers } = shard;
  return {
    shardId: shard.ShardId ?? "",
    parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId].filter(
      (id) => id !== undefined,
    ),
    startingHashKey: keys?.StartingHashKey ?? "0",
    endingHashKey: keys?.EndingHashKey ?? "0",
    startingSequenceNumber: numbers?.StartingSequenceNumber ?? "0",
    closed: numbers?.EndingSequenceNumber !== undefined,
  };
}

/**
 * Describes a stream.
 *
 * @param connection Where and as whom.
 * @param stream Its name or its ARN.
 * @throws {FlagdropError} `FD_STREAM` if there is none, `FD_NETWORK` if the
 * endpoint can't be reached within five seconds, `FD_CREDENTIALS` if it
 * refuses the credentials, `FD_SERVICE` for any other refusal.
 */
export async function describeStream(
  connection: AwsConnection,
  stream: string,
  options: ControlPlaneOptions = {},
): Promise<StreamDescription> {
  return await withKinesisClient(connection, async (client, sdk) => {
    const command = new sdk.DescribeStreamSummaryCommand(streamFields(stream));
    const output = await persistently(
      (sending) => client.send(command, sending),
      { ...retryOptions(options), connection, stream },
    );
    return described(stream, output);
  });
}

/**
 * Lists all shards of a stream that still hold records, open and closed ones.
 *
 * @param connection Where and as whom.
 * @param stream Its name or its ARN.
 * @throws {FlagdropError} As {@linkcode describeStream}.
 */
export async function listShards(
  connection: AwsConnection,
  stream: string,
  options: ControlPlaneOptions = {},
): Promise<KinesisShard[]> {
  return await withKinesisClient(connection, async (client, sdk) => {
    const shards: KinesisShard[] = [];
    let token: string | undefined;
    for (let page = 0; page < SHARD_PAGES_MAX; page++) {
      const command = new sdk.ListShardsCommand(
        token === undefined ? streamFields(stream) : { NextToken: token },
      );
      const output = await persistently(
        (sending) => client.send(command, sending),
        { ...retryOptions(options), connection, stream },
      );
      shards.push(...(output.Shards ?? []).map(listed));
      token = output.NextToken;
      if (token === undefined) return shards;
    }
    throw new FlagdropError(
      "FD_SERVICE",
      `Cannot list the shards of stream "${stream}" as the list has no end after ${shards.length}: check --endpoint`,
    );
  });
}

/** The service's own control plane. */
export const controlPlane: ControlPlane = {
  describeStream,
  listShards,
  registerConsumer,
};

function retryOptions(options: ControlPlaneOptions) {
  const { clock = systemClock, random = Math.random, signal } = options;
  return { clock, random, signal };
}

/** What the SDK makes of a stand-in's subscription to a shard. */
import {
  CreateStreamCommand,
  DescribeStreamConsumerCommand,
  KinesisClient,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from "@aws-sdk/client-kinesis";
import { createDispatcher } from "../../engine/aws/dispatcher.ts";
import { sdkHttpHandler } from "../../engine/aws/sdk_http_handler.ts";
import { KinesisApi } from "./kinesis_api.ts";

const StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/fan";

/** Events until there were some records. */
async function someEvents(
  client: KinesisClient,
  ConsumerARN: string | undefined,
  recordCount: number,
): Promise<readonly SubscribeToShardEvent[]> {
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN,
      ShardId: "shardId-000000000000",
      StartingPosition: { Type: "TRIM_HORIZON" },
    }),
  );
  const events: SubscribeToShardEvent[] = [];
  let count = 0;
  for await (const { SubscribeToShardEvent: event } of EventStream ?? []) {
    if (event === undefined) continue;
    events.push(event);
    count += event.Records?.length ?? 0;
    if (count >= recordCount) break;
  }
  return events;
}

/** Registers a consumer, subscribes, and tells what it got. */
export async function subscriptionThroughSdk(url: string): Promise<unknown> {
  const dispatcher = createDispatcher({ endpoint: url, caPem: "" });
  const client = new KinesisClient({
    endpoint: url,
    region: "us-east-1",
    credentials: {
      accessKeyId: "flagdrop-local",
      secretAccessKey: "flagdrop-local",
    },
    requestHandler: sdkHttpHandler(dispatcher),
  });
  const api = new KinesisApi(url);
  await client.send(
    new CreateStreamCommand({ StreamName: "fan", ShardCount: 1 }),
  );
  const register = new RegisterStreamConsumerCommand({
    StreamARN,
    ConsumerName: "c",
  });
  let arn: string | undefined;
  await api.until(async () => {
    const answer = await client.send(register).catch(() => undefined);
    arn = answer?.Consumer?.ConsumerARN;
    return arn !== undefined;
  });
  await api.until(async () => {
    const { ConsumerDescription } = await client.send(
      new DescribeStreamConsumerCommand({ ConsumerARN: arn }),
    );
    return ConsumerDescription?.ConsumerStatus === "ACTIVE";
  });
  await client.send(
    new PutRecordsCommand({
      StreamARN,
      Records: ["a", "é", "c"].map((text) => ({
        Data: Buffer.from(text),
        PartitionKey: text,
      })),
    }),
  );
  const events = await someEvents(client, arn, 3);
  client.destroy();
  // The referee's answer goes on, so nothing to wait for.
  await dispatcher.destroy();
  const records = events.flatMap(({ Records = [] }) => Records);
  const last = events.at(-1);
  return {
    texts: records.map(({ Data = [] }) => Buffer.from(Data).toString()),
    keys: records.map(({ PartitionKey }) => PartitionKey),
    isOfLast:
      last?.ContinuationSequenceNumber === records.at(-1)?.SequenceNumber,
    behindMs: last?.MillisBehindLatest,
    hasChildren: last?.ChildShards !== undefined,
  };
}

/** Reads a stream to its tip with the AWS SDK. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import type { AwsConnection } from "../../../engine/aws/connection.ts";
import { createDispatcher } from "../../../engine/aws/dispatcher.ts";
import { sdkHttpHandler } from "../../../engine/aws/sdk_http_handler.ts";

/** Data of all records, shard by shard. */
export async function readAll(
  connection: AwsConnection,
  stream: string,
): Promise<Buffer[][]> {
  const dispatcher = createDispatcher(connection);
  const client = new KinesisClient({
    region: connection.region,
    endpoint: connection.endpoint,
    requestHandler: sdkHttpHandler(dispatcher),
    credentials: () => connection.credentials.current(),
  });
  const { Shards = [] } = await client.send(
    new ListShardsCommand({ StreamName: stream }),
  );
  const shards: Buffer[][] = [];
  for (const { ShardId } of Shards) {
    const records: Buffer[] = [];
    let { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: stream,
        ShardId,
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    for (let isBehind = true; isBehind; ) {
      const answer = await client.send(
        new GetRecordsCommand({ ShardIterator }),
      );
      ShardIterator = answer.NextShardIterator;
      for (const { Data } of answer.Records ?? []) {
        records.push(Buffer.from(Data ?? []));
      }
      isBehind = answer.MillisBehindLatest !== 0;
    }
    shards.push(records);
  }
  client.destroy();
  await dispatcher.close();
  return shards;
}

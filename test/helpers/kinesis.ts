/** Fills a local Kinesis through the AWS SDK. */
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { AwsConnection } from "../../engine/aws/connection.ts";
import { credentialsSource } from "../../engine/aws/credentials.ts";

/** Most records of one call. */
const BATCH_RECORDS = 500;

/** A connection to a local Kinesis. */
function localConnection(endpoint: string): AwsConnection {
  const region = "us-east-1";
  const credentials = credentialsSource({ region, endpoint });
  return { region, endpoint, credentials, caPem: "" };
}

/**
 * Puts one record a line, spread over the shards.
 *
 * @returns The connection that it used.
 */
export async function putRecords(
  endpoint: string,
  stream: string,
  lines: readonly string[],
): Promise<AwsConnection> {
  const connection = localConnection(endpoint);
  const client = new KinesisClient({
    region: connection.region,
    endpoint,
    credentials: await connection.credentials.current(),
  });
  try {
    for (let i = 0; i < lines.length; i += BATCH_RECORDS) {
      const records = lines.slice(i, i + BATCH_RECORDS).map((line, j) => ({
        Data: Buffer.from(line),
        PartitionKey: `record-${i + j}`,
      }));
      const answer = await client.send(
        new PutRecordsCommand({ StreamName: stream, Records: records }),
      );
      if (answer.FailedRecordCount !== 0) throw new Error("a put has failed");
    }
  } finally {
    client.destroy();
  }
  return connection;
}

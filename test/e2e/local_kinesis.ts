/**
 * `flagdrop kinesis` as a child process, and a small client of its API for
 * tests that put their own records.
 *
 * @module
 */
import aws4 from "aws4";
import { request } from "undici";
import { freePort, RunningCommand, until } from "./flagdrop.ts";

/** A record to put, for one shard by its index. */
export interface ShardRecord {
  readonly shardIndex: number;
  readonly data: Buffer;
}

interface Shard {
  readonly HashKeyRange: { readonly StartingHashKey: string };
}

/** Limits of one PutRecords call, with room for the keys. */
const PUT_RECORDS_MAX = 500;
const PUT_BYTES_MAX = 4 * 1024 * 1024;

/** Splits records to batches that one call may carry. */
function* batches(records: readonly ShardRecord[]): Generator<ShardRecord[]> {
  let batch: ShardRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.data.length + 32;
    const isFull = batch.length === PUT_RECORDS_MAX;
    if (isFull || (batch.length > 0 && bytes + size > PUT_BYTES_MAX)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** A local Kinesis without limits, in a process of its own. */
export class LocalKinesis {
  readonly endpoint: string;
  readonly #command: RunningCommand;

  private constructor(command: RunningCommand, port: number) {
    this.#command = command;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  /**
   * Starts it and waits until it answers.
   *
   * @param args More options, e.g. `["--stream", "taxi", "--shards", "4"]`.
   */
  static async start(args: readonly string[] = []): Promise<LocalKinesis> {
    const port = await freePort();
    const command = new RunningCommand(
      ["kinesis", "--port", String(port), "--no-limits", ...args],
      { timeoutMs: 1_800_000 },
    );
    const kinesis = new LocalKinesis(command, port);
    await until("local Kinesis answers", async () => {
      if (command.hasEnded) {
        throw new Error(`Local Kinesis ended: ${command.output}`);
      }
      try {
        await kinesis.call("ListStreams", {});
        return true;
      } catch (error) {
        // Connection refused while it starts.
        if (error instanceof Error && "code" in error) return false;
        throw error;
      }
    });
    return kinesis;
  }

  /** Calls one operation, in JSON, signed with a made-up key pair. */
  async call<T = unknown>(operation: string, input: object): Promise<T> {
    const signed = aws4.sign(
      {
        service: "kinesis",
        region: "us-east-1",
        host: new URL(this.endpoint).host,
        method: "POST",
        path: "/",
        headers: {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `Kinesis_20131202.${operation}`,
        },
        body: JSON.stringify(input),
      },
      { accessKeyId: "AKIDTEST", secretAccessKey: "secret" },
    );
    const response = await request(this.endpoint, {
      method: "POST",
      headers: signed.headers as Record<string, string>,
      body: signed.body as string,
    });
    const text = await response.body.text();
    if (response.statusCode !== 200) {
      throw new Error(`${operation}: ${response.statusCode} ${text}`);
    }
    return (text === "" ? {} : JSON.parse(text)) as T;
  }

  /** Sets the faults that it makes from now on. */
  async setFaults(faults: object): Promise<void> {
    const { statusCode, body } = await request(`${this.endpoint}/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(faults),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`Cannot set faults: ${text}`);
  }

  /** Makes a stream and waits until it can be used. */
  async createStream(name: string, shardCount: number): Promise<void> {
    await this.call("CreateStream", {
      StreamName: name,
      ShardCount: shardCount,
    });
    await until(`stream ${name} is active`, async () => {
      const { StreamDescriptionSummary: found } = await this.call<{
        StreamDescriptionSummary: { StreamStatus: string };
      }>("DescribeStreamSummary", { StreamName: name });
      return found.StreamStatus === "ACTIVE";
    });
  }

  /** Puts records in order, each to the shard of its index. */
  async put(stream: string, records: readonly ShardRecord[]): Promise<void> {
    const { Shards: shards } = await this.call<{ Shards: Shard[] }>(
      "ListShards",
      { StreamName: stream },
    );
    const starts = shards.map((one) => one.HashKeyRange.StartingHashKey);
    for (const batch of batches(records)) {
      const answer = await this.call<{ FailedRecordCount: number }>(
        "PutRecords",
        {
          StreamName: stream,
          Records: batch.map(({ shardIndex, data }) => ({
            Data: data.toString("base64"),
            PartitionKey: "k",
            ExplicitHashKey: starts[shardIndex],
          })),
        },
      );
      if (answer.FailedRecordCount !== 0) {
        throw new Error(`${answer.FailedRecordCount} records were refused`);
      }
    }
  }

  async stop(): Promise<void> {
    await this.#command.stop();
  }
}

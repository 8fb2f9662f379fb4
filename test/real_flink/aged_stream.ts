/**
 * A stream of a local Kinesis whose records have arrived over hours: its clock
 * is set back while they are put, and is right when others read.
 */
import {
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type Shard,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import type { Test } from "tap";
import { type Clock, systemClock } from "../../engine/clock.ts";
import {
  type LocalKinesis,
  startLocalKinesis,
} from "../../engine/local_kinesis/mod.ts";

/** Most records of one call. */
const BATCH_RECORDS = 500;

/** How long there has been the stream: nothing arrives before it. */
const AGE_MS = 12 * 60 * 60_000;

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";

/** A stream, and the service that has it. */
export class AgedStream {
  /** The options by which commands find it. */
  readonly options: readonly string[];
  readonly #name: string;
  readonly #kinesis: LocalKinesis;
  #backMs = 0;

  private constructor(kinesis: LocalKinesis, name: string) {
    this.#kinesis = kinesis;
    this.#name = name;
    this.options = ["--stream", ARN + name, "--endpoint", kinesis.url];
  }

  /** Starts a service with one stream; it ends with the test. */
  static async start(
    t: Test,
    name: string,
    shardCount: number,
  ): Promise<AgedStream> {
    let stream: AgedStream | undefined;
    const backMs = () => (stream === undefined ? AGE_MS : stream.#backMs);
    const clock: Clock = {
      ...systemClock,
      nowMs: () => systemClock.nowMs() - backMs(),
    };
    const streams = [{ name, shardCount }];
    const kinesis = await startLocalKinesis({
      ...{ clock, streams, limits: false, credentials: "any" },
    });
    t.teardown(() => kinesis.close());
    stream = new AgedStream(kinesis, name);
    return stream;
  }

  /** Records that were read so far, by whomever. */
  get recordsRead(): number {
    return this.#kinesis.stats().recordsRead;
  }

  async #call<T>(
    agoMs: number,
    work: (client: KinesisClient) => Promise<T>,
  ): Promise<T> {
    const client = new KinesisClient({
      region: "us-east-1",
      endpoint: this.#kinesis.url,
      credentials: { accessKeyId: "none", secretAccessKey: "none" },
    });
    // An answer's date, which is this machine's, would set it right.
    Object.defineProperty(client.config, "systemClockOffset", {
      get: () => -agoMs,
      set: () => {},
    });
    this.#backMs = agoMs;
    try {
      return await work(client);
    } finally {
      this.#backMs = 0;
      client.destroy();
    }
  }

  /** Shards that take records, in the order of their ranges. */
  async #openShards(client: KinesisClient): Promise<Shard[]> {
    const answer = await client.send(
      new ListShardsCommand({ StreamName: this.#name }),
    );
    const start = ({ HashKeyRange }: Shard) =>
      BigInt(HashKeyRange?.StartingHashKey ?? 0);
    return (answer.Shards ?? [])
      .filter(
        ({ SequenceNumberRange }) =>
          SequenceNumberRange?.EndingSequenceNumber === undefined,
      )
      .sort((a, b) => (start(a) < start(b) ? -1 : 1));
  }

  /**
   * Puts lines that arrived some time ago.
   *
   * @param byShard For each open shard, in the order of ranges.
   */
  async put(
    agoMs: number,
    byShard: readonly (readonly string[])[],
  ): Promise<void> {
    await this.#call(agoMs, async (client) => {
      const shards = await this.#openShards(client);
      for (const [i, lines] of byShard.entries()) {
        const key = shards[i]?.HashKeyRange?.StartingHashKey;
        for (let at = 0; at < lines.length; at += BATCH_RECORDS) {
          const answer = await client.send(
            new PutRecordsCommand({
              StreamName: this.#name,
              Records: lines.slice(at, at + BATCH_RECORDS).map((line) => ({
                Data: Buffer.from(line),
                PartitionKey: "k",
                ExplicitHashKey: key,
              })),
            }),
          );
          if (answer.FailedRecordCount !== 0) throw new Error("a put failed");
        }
      }
    });
  }

  /** Splits the first open shard in the middle, some time ago. */
  async split(agoMs: number): Promise<void> {
    await this.#call(agoMs, async (client) => {
      const [first] = await this.#openShards(client);
      const end = BigInt(first?.HashKeyRange?.EndingHashKey ?? 0);
      await client.send(
        new SplitShardCommand({
          StreamName: this.#name,
          ShardToSplit: first?.ShardId,
          NewStartingHashKey: String(end / 2n + 1n),
        }),
      );
    });
  }
}

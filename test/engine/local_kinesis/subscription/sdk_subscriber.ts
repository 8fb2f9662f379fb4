/** A consumer of a local Kinesis through the AWS SDK, which shares no code. */
import {
  DescribeStreamConsumerCommand,
  KinesisClient,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from "@aws-sdk/client-kinesis";
import { createDispatcher } from "../../../../engine/aws/dispatcher.ts";
import { sdkHttpHandler } from "../../../../engine/aws/sdk_http_handler.ts";
import {
  type LocalKinesis,
  type LocalKinesisOptions,
  startLocalKinesis,
} from "../../../../engine/local_kinesis/mod.ts";
import { LOCAL_PAIR } from "../test_kinesis.ts";

interface Teardown {
  teardown(close: () => Promise<void> | void): void;
}

/** Where a subscription starts. */
export interface Start extends StartingPosition {
  readonly shardIndex?: number;
}

function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** The texts of an event's records. */
export function textsOf(event: SubscribeToShardEvent): string[] {
  return (event.Records ?? []).map(({ Data }) =>
    Buffer.from(Data ?? []).toString(),
  );
}

export class SdkSubscriber {
  readonly kinesis: LocalKinesis;
  readonly client: KinesisClient;
  consumerArn = "";

  private constructor(kinesis: LocalKinesis, client: KinesisClient) {
    this.kinesis = kinesis;
    this.client = client;
  }

  /**
   * A stream "taxi" with a consumer "c".
   *
   * @param protocol The SDK's default is HTTP/2.
   */
  static async start(
    t: Teardown,
    options: LocalKinesisOptions & { protocol?: 1 | 2 } = {},
  ): Promise<SdkSubscriber> {
    const kinesis = await startLocalKinesis({
      credentials: "any",
      streams: [{ name: "taxi", shardCount: 1 }],
      ...options,
    });
    const dispatcher = createDispatcher({ endpoint: kinesis.url, caPem: "" });
    const client = new KinesisClient({
      endpoint: kinesis.url,
      region: "us-east-1",
      credentials: LOCAL_PAIR,
      maxAttempts: 1,
      ...(options.protocol === 1
        ? { requestHandler: sdkHttpHandler(dispatcher) }
        : {}),
    });
    t.teardown(async () => {
      client.destroy();
      await kinesis.close();
      await dispatcher.close();
    });
    const subscriber = new SdkSubscriber(kinesis, client);
    while (subscriber.consumerArn === "") {
      // Refused while the stream is being created.
      subscriber.consumerArn = await subscriber.register("c").catch(() => "");
    }
    return subscriber;
  }

  async register(name: string): Promise<string> {
    const { Consumer } = await this.client.send(
      new RegisterStreamConsumerCommand({
        StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/taxi",
        ConsumerName: name,
      }),
    );
    return Consumer?.ConsumerARN ?? "";
  }

  async status(): Promise<string | undefined> {
    const { ConsumerDescription } = await this.client.send(
      new DescribeStreamConsumerCommand({ ConsumerARN: this.consumerArn }),
    );
    return ConsumerDescription?.ConsumerStatus;
  }

  async put(...texts: string[]): Promise<void> {
    await this.client.send(
      new PutRecordsCommand({
        StreamName: "taxi",
        Records: texts.map((text) => ({
          Data: Buffer.from(text),
          PartitionKey: text.slice(0, 200),
        })),
      }),
    );
  }

  /** The events of a subscription, without its initial response. */
  async *subscribe(start: Start): AsyncGenerator<SubscribeToShardEvent> {
    const { shardIndex = 0, ...position } = start;
    const { EventStream } = await this.client.send(
      new SubscribeToShardCommand({
        ConsumerARN: this.consumerArn,
        ShardId: shardId(shardIndex),
        StartingPosition: position,
      }),
    );
    for await (const { SubscribeToShardEvent: event } of EventStream ?? []) {
      if (event !== undefined) yield event;
    }
  }
}

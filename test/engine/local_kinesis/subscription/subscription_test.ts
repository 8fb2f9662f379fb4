/** SubscribeToShard as the AWS SDK sees it. */
import {
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  type SubscribeToShardEvent,
} from "@aws-sdk/client-kinesis";
import t from "tap";
import { SdkSubscriber, textsOf } from "./sdk_subscriber.ts";

const EARLIEST = { Type: "TRIM_HORIZON" } as const;

/** The next event, which must come. */
async function next(
  events: AsyncGenerator<SubscribeToShardEvent>,
): Promise<SubscribeToShardEvent> {
  const { value, done } = await events.next();
  if (done === true) throw new Error("No more events");
  return value;
}

/** Records up to a number of them. */
async function take(
  events: AsyncGenerator<SubscribeToShardEvent>,
  count: number,
): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push(...textsOf(await next(events)));
  return texts;
}

for (const protocol of [1, 2] as const) {
  t.test(`records come as they are put, over HTTP/${protocol}`, async (t) => {
    const subscriber = await SdkSubscriber.start(t, { protocol });
    await subscriber.put("a", "b");
    const events = subscriber.subscribe(EARLIEST);
    const first = await next(events);
    t.same(textsOf(first), ["a", "b"]);
    t.equal(first.MillisBehindLatest, 0);
    t.equal(
      first.ContinuationSequenceNumber,
      first.Records?.[1]?.SequenceNumber,
    );
    t.equal(first.ChildShards, undefined);
    const startMs = performance.now();
    await subscriber.put("c");
    t.same(await take(events, 1), ["c"]);
    // Far below the empty events' second, with room for a busy machine.
    t.ok(performance.now() - startMs < 500);
    const empty = await next(events);
    t.same(textsOf(empty), []);
    t.equal(empty.MillisBehindLatest, 0);
    await events.return(undefined);
  });
}

t.test("its time over, it goes on from the continuation", async (t) => {
  const subscriber = await SdkSubscriber.start(t, { subscriptionLifeMs: 150 });
  await subscriber.put("a", "b");
  const events: SubscribeToShardEvent[] = [];
  for await (const event of subscriber.subscribe(EARLIEST)) events.push(event);
  t.same(events.flatMap(textsOf), ["a", "b"]);
  const SequenceNumber = events.at(-1)?.ContinuationSequenceNumber;
  await subscriber.put("c");
  // Its end freed the shard, whatever time has passed.
  const again = subscriber.subscribe({
    Type: "AFTER_SEQUENCE_NUMBER",
    SequenceNumber,
  });
  t.same(await take(again, 1), ["c"]);
  await again.return(undefined);
});

t.test("the continuation before the first record holds", async (t) => {
  const subscriber = await SdkSubscriber.start(t, { subscriptionLifeMs: 100 });
  const events: SubscribeToShardEvent[] = [];
  for await (const event of subscriber.subscribe({ Type: "LATEST" })) {
    events.push(event);
  }
  t.same(events.flatMap(textsOf), []);
  await subscriber.put("a");
  const again = subscriber.subscribe({
    Type: "AFTER_SEQUENCE_NUMBER",
    SequenceNumber: events[0]?.ContinuationSequenceNumber,
  });
  t.same(await take(again, 1), ["a"]);
  await again.return(undefined);
});

t.test("a second one is refused for a time, then takes over", async (t) => {
  const subscriber = await SdkSubscriber.start(t, { subscriptionHoldMs: 300 });
  const first = subscriber.subscribe(EARLIEST);
  await next(first);
  await t.rejects(next(subscriber.subscribe(EARLIEST)), {
    name: "ResourceInUseException",
  });
  await new Promise((resolve) => setTimeout(resolve, 320));
  const second = subscriber.subscribe(EARLIEST);
  await next(second);
  await t.rejects(
    async () => {
      for (;;) await next(first);
    },
    { name: "ResourceInUseException" },
  );
  await subscriber.put("a");
  t.same(await take(second, 1), ["a"]);
  await second.return(undefined);
});

t.test("another consumer has a subscription of its own", async (t) => {
  const subscriber = await SdkSubscriber.start(t);
  const first = subscriber.subscribe(EARLIEST);
  await next(first);
  subscriber.consumerArn = await subscriber.register("d");
  const second = subscriber.subscribe(EARLIEST);
  await next(second);
  await subscriber.put("a");
  t.same(await take(first, 1), ["a"]);
  t.same(await take(second, 1), ["a"]);
  await first.return(undefined);
  await second.return(undefined);
});

t.test("a consumer gets 2 MiB a second, and everything", async (t) => {
  const subscriber = await SdkSubscriber.start(t, {
    recordBytesMax: 10 * 1024 ** 2,
  });
  const large = "x".repeat(5 * 1024 ** 2);
  const startMs = performance.now();
  await subscriber.put(large);
  const events = subscriber.subscribe(EARLIEST);
  t.same(await take(events, 1), [large]);
  await subscriber.put("a");
  t.same(await take(events, 1), ["a"]);
  // 5 MiB from 2 leave 3 to wait for, from when the first event was sent.
  t.ok(performance.now() - startMs > 1_400);
  await events.return(undefined);
});

t.test("a consumer or stream that goes ends it, with the reason", async (t) => {
  const subscriber = await SdkSubscriber.start(t);
  const { client } = subscriber;
  t.equal(await subscriber.status(), "ACTIVE");
  const events = subscriber.subscribe(EARLIEST);
  await next(events);
  await t.rejects(
    client.send(new DeleteStreamCommand({ StreamName: "taxi" })),
    {
      name: "ResourceInUseException",
    },
  );
  await client.send(
    new DeregisterStreamConsumerCommand({
      ConsumerARN: subscriber.consumerArn,
    }),
  );
  await t.rejects(
    async () => {
      for (;;) await next(events);
    },
    { name: "ResourceNotFoundException" },
  );
  await t.rejects(subscriber.status(), { name: "ResourceNotFoundException" });
  await client.send(new DeleteStreamCommand({ StreamName: "taxi" }));
});

t.test("closing the server ends it", async (t) => {
  const subscriber = await SdkSubscriber.start(t);
  const events = subscriber.subscribe(EARLIEST);
  await next(events);
  const closed = subscriber.kinesis.close();
  for await (const event of events) t.same(textsOf(event), []);
  await closed;
});

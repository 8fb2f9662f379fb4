/** What a subscription gives at a shard's end. */
import {
  SplitShardCommand,
  type SubscribeToShardEvent,
} from "@aws-sdk/client-kinesis";
import t from "tap";
import { SdkSubscriber, textsOf } from "./sdk_subscriber.ts";

const EARLIEST = { Type: "TRIM_HORIZON" } as const;

async function split(subscriber: SdkSubscriber): Promise<void> {
  await subscriber.client.send(
    new SplitShardCommand({
      StreamName: "taxi",
      ShardToSplit: "shardId-000000000000",
      NewStartingHashKey: String(2n ** 127n),
    }),
  );
}

/** The events up to the subscription's end, which must come by itself. */
async function all(
  events: AsyncGenerator<SubscribeToShardEvent>,
): Promise<SubscribeToShardEvent[]> {
  const found: SubscribeToShardEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** Where a subscription says that children begin, event by event. */
function childrenOf(events: readonly SubscribeToShardEvent[]): unknown[] {
  return events.flatMap(({ ChildShards, ContinuationSequenceNumber }) =>
    ChildShards === undefined
      ? []
      : [
          {
            children: ChildShards.map(({ ShardId }) => ShardId),
            parents: ChildShards.flatMap(({ ParentShards }) => ParentShards),
            continuation: ContinuationSequenceNumber,
          },
        ],
  );
}

/** Once, and nothing to go on from. */
const ENDED = [
  {
    children: ["shardId-000000000001", "shardId-000000000002"],
    parents: ["shardId-000000000000", "shardId-000000000000"],
    continuation: undefined,
  },
];

t.test("a shard that ends while it is read names its children", async (t) => {
  const subscriber = await SdkSubscriber.start(t);
  await subscriber.put("a");
  const events = subscriber.subscribe(EARLIEST);
  const { value: first } = await events.next();
  await split(subscriber);
  const rest = await all(events);
  t.same([first, ...rest].flatMap(textsOf), ["a"]);
  t.same(childrenOf([first, ...rest]), ENDED);
});

t.test("so does one that had ended before", async (t) => {
  const subscriber = await SdkSubscriber.start(t);
  await subscriber.put("a", "b");
  await split(subscriber);
  // At once again: the server's own end of the first frees the shard.
  for (const expected of [
    ["a", "b"],
    ["a", "b"],
  ]) {
    const events = await all(subscriber.subscribe(EARLIEST));
    t.same(events.flatMap(textsOf), expected);
    t.same(childrenOf(events), ENDED);
  }
  const atEnd = await all(subscriber.subscribe({ Type: "LATEST" }));
  t.same(atEnd.flatMap(textsOf), []);
  t.same(childrenOf(atEnd), ENDED);
});

t.test("a change that takes time ends it when it is done", async (t) => {
  const subscriber = await SdkSubscriber.start(t, { stateChangeMs: 800 });
  // Created and registered first.
  while ((await subscriber.status()) !== "ACTIVE");
  const events = subscriber.subscribe(EARLIEST);
  await events.next();
  await split(subscriber);
  await subscriber.put("a");
  const rest = await all(events);
  t.same(rest.flatMap(textsOf), ["a"]);
  t.same(childrenOf(rest), ENDED);
});

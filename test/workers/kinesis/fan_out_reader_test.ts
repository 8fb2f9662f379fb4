/**
 * Goal: a shard read by fan-out is read once and whole, whatever its
 * subscriptions do. Method: a clock turned by hand, subscriptions that follow
 * a script, and no chance: random() gives 0 unless a test says otherwise.
 */
import t from "tap";
import { GarbledAnswerError } from "../../../engine/kinesis/request_error.ts";
import {
  FanOutReader,
  type FanOutReaderOptions,
} from "../../../workers/kinesis/fan_out_reader.ts";
import type { ShardTrouble } from "../../../workers/kinesis/shard_reader_options.ts";
import type {
  RecordBatch,
  ShardAnswer,
  ShardStart,
} from "../../../workers/record_batch.ts";
import { aggregated } from "../../engine/kinesis/aggregated.ts";
import { event, ScriptedSubscriptions } from "./scripted_subscriptions.ts";
import {
  answer,
  records,
  refusal,
  ScriptedTransport,
} from "./scripted_transport.ts";
import { settle, TurnedClock } from "./turned_clock.ts";

const HASH_KEY_MAX = "340282366920938463463374607431768211455";
const CHILD = {
  shardId: "shardId-000000000008",
  parentShardIds: ["shardId-000000000007"],
  startingHashKey: "0",
  endingHashKey: HASH_KEY_MAX,
};

/** The sequence numbers in a batch, one for each user record. */
function numbers(batch: RecordBatch | undefined): number[] {
  return Array.from({ length: batch?.count ?? 0 }, (_, index) =>
    Number(batch?.sequenceNumber(batch.records[index] ?? 0)),
  );
}

function after(sequenceNumber: number): ShardStart {
  return { type: "after", sequenceNumber: String(sequenceNumber) };
}

function setUp(
  options: Partial<FanOutReaderOptions> = {},
  start: ShardStart = { type: "trim_horizon" },
) {
  const clock = new TurnedClock();
  const transport = new ScriptedTransport(() => clock.monotonicMs());
  const subscriptions = new ScriptedSubscriptions(() => clock.monotonicMs());
  const answers: ShardAnswer[] = [];
  const read: number[] = [];
  const troubles: ShardTrouble[] = [];
  const reader = new FanOutReader(
    {
      shardId: "shardId-000000000007",
      startingHashKey: "0",
      endingHashKey: HASH_KEY_MAX,
      start,
    },
    {
      transport,
      subscriptions,
      clock,
      random: () => 0,
      onAnswer: (_, one, batch) => {
        batch?.takeApart?.(0);
        answers.push(one);
        read.push(...numbers(batch));
      },
      onTrouble: (trouble) => {
        troubles.push(trouble);
      },
      ...options,
    },
  );
  const stopping = new AbortController();
  const running = reader.run(stopping.signal);
  running.catch(() => {});
  return {
    clock,
    transport,
    subscriptions,
    answers,
    read,
    troubles,
    reader,
    stopping,
    running,
  };
}

t.test("events are handed over like answers", async (t) => {
  const { clock, subscriptions, answers, read, reader, troubles } = setUp();
  subscriptions.queue.push([
    event([10, 11], { millisBehindLatest: 500 }),
    event([], { continuationSequenceNumber: "15" }),
    event([], { continuationSequenceNumber: "16" }),
  ]);
  await clock.advance(100);
  t.same(subscriptions.starts, [{ type: "trim_horizon" }]);
  t.same(read, [10, 11]);
  t.match(answers, [
    { sequenceNumber: "11", millisBehindLatest: 500, ended: false },
    { sequenceNumber: "", millisBehindLatest: 0, ended: false },
    { sequenceNumber: "", millisBehindLatest: 0, ended: false },
  ]);
  t.equal(subscriptions.held, 0, "events are released");
  t.equal(reader.reading, "fan_out");
  t.same(troubles, []);
  await reader.stop();
  t.equal(subscriptions.open, 0, "the subscription is closed");
});

t.test("a restored shard is subscribed to after its position", async (t) => {
  const { clock, subscriptions, reader } = setUp({}, after(41));
  await clock.advance(0);
  t.same(subscriptions.starts, [after(41)]);
  await reader.stop();
});

t.test("the end of a subscription is not the shard's", async (t) => {
  const { clock, subscriptions, read, reader, troubles } = setUp();
  subscriptions.queue.push(
    [event([1, 2], { continuationSequenceNumber: "5" }), "over"],
    // Without an event of its own it leaves the number as it was.
    [event([6]), "over"],
    [event([], { continuationSequenceNumber: "9" }), "over"],
  );
  await clock.advance(5_000);
  t.same(read, [1, 2, 6]);
  t.same(
    subscriptions.starts,
    [{ type: "trim_horizon" }, after(5), after(6), after(9)],
    "it goes on from what the service named",
  );
  t.same(subscriptions.times, [0, 250, 500, 750], "at five a second at most");
  t.same(troubles, []);
  await reader.stop();
});

t.test("only an event that names children ends the shard", async (t) => {
  const { clock, subscriptions, answers, read, running } = setUp();
  subscriptions.queue.push([
    event([1]),
    event([2], { continuationSequenceNumber: null, childShards: [CHILD] }),
  ]);
  await clock.advance(100);
  await running;
  t.same(read, [1, 2]);
  t.match(answers.at(-1), { ended: true, childShards: [CHILD] });
  t.equal(subscriptions.open, 0);
});

t.test("half an end is asked about by GetRecords", async (t) => {
  for (const half of [
    { continuationSequenceNumber: null },
    { continuationSequenceNumber: "2", childShards: [CHILD] },
  ]) {
    const { clock, subscriptions, transport, answers, read, running, reader } =
      setUp();
    subscriptions.queue.push([event([1]), event([2], half)]);
    transport.queue.push(
      answer({ nextShardIterator: null, childShards: [CHILD] }),
    );
    await clock.advance(1_000);
    await running;
    t.same(read, [1, 2]);
    t.same(transport.iteratorRequests[0]?.start, after(2));
    t.match(answers.at(-1), { ended: true, childShards: [CHILD] });
    t.equal(reader.fallbackCount, 0, "that is no failure of fan-out");
  }
});

t.test("half an end that is none is read on", async (t) => {
  const { clock, subscriptions, transport, read, reader } = setUp();
  subscriptions.queue.push([event([1], { continuationSequenceNumber: null })]);
  transport.queue.push(answer({ records: records([2]) }));
  await clock.advance(31_000);
  t.same(read, [1, 2]);
  t.same(subscriptions.starts.at(-1), after(2));
  await reader.stop();
});

t.test("records are never handed over twice, nor out of order", async (t) => {
  const { clock, subscriptions, read, troubles, reader } = setUp();
  subscriptions.queue.push(
    [event([5, 6])],
    // A service that forgets where it was asked to go on.
    [event([6, 7])],
    [event([7, 8])],
  );
  subscriptions.queue.unshift([event([1, 2]), event([2, 3])]);
  await clock.advance(10_000);
  t.same(read, [1, 2, 5, 6]);
  t.match(troubles[0]?.message, /out of order/);
  t.same(subscriptions.starts[1], after(2));
  await reader.stop();
});

t.test("a garbled event is asked for again", async (t) => {
  const { clock, subscriptions, read, troubles, reader } = setUp();
  subscriptions.queue.push(
    [event([1]), Buffer.from("{nonsense")],
    [event([2]), new GarbledAnswerError("a message's checksum is wrong")],
    [event([3])],
  );
  await clock.advance(3_000);
  t.same(read, [1, 2, 3]);
  t.equal(troubles.length, 2);
  t.match(troubles[1]?.message, /checksum is wrong: subscribing again in/);
  t.equal(subscriptions.held, 0);
  await reader.stop();
});

t.test("silence is given up after 35 s, with its connection", async (t) => {
  const { clock, subscriptions, read, troubles, reader } = setUp();
  subscriptions.queue.push([event([1])], [event([2])]);
  await clock.advance(34_999);
  t.equal(subscriptions.times.length, 1);
  t.ok(reader.signsOfLife > 5, "the loop shows that it waits");
  await clock.advance(1_000);
  t.same(read, [1, 2]);
  t.equal(subscriptions.suspects, 1);
  t.match(troubles[0]?.message, /no event came for 35 s/);
  await reader.stop();
});

t.test("a consumer in use is tried again each second", async (t) => {
  const { clock, subscriptions, read, troubles, reader } = setUp({
    random: () => 0.5,
  });
  const inUse = () => refusal("in_use", "ResourceInUseException");
  subscriptions.queue.push(
    ...Array.from({ length: 12 }, inUse),
    [event([1]), inUse()],
    [event([2])],
  );
  await clock.advance(14_000);
  t.same(read, [1, 2]);
  t.same(
    subscriptions.times.slice(0, 4).map(Math.round),
    [125, 1_125, 2_125, 3_125],
  );
  t.equal(troubles.length, 1, "it is no trouble while it may be a take-over");
  t.match(troubles[0]?.message, /another process/);
  t.equal(reader.reading, "fan_out");
  await reader.stop();
});

t.test("a consumer that stays in use is given up for polling", async (t) => {
  const { clock, subscriptions, transport, read, reader } = setUp({
    random: () => 0.5,
  });
  subscriptions.otherwise = () => refusal("in_use");
  transport.queue.push(answer({ records: records([1]) }));
  await clock.advance(65_000);
  t.same(read, [1]);
  t.equal(reader.reading, "polling");
  t.equal(reader.fallbackCount, 1);
  await reader.stop();
});

t.test("throttles slow down, are counted, and no trouble", async (t) => {
  const { clock, subscriptions, troubles, read, reader } = setUp();
  subscriptions.queue.push(
    refusal("throttled"),
    refusal("throttled"),
    refusal("throttled"),
    [event([1])],
  );
  await clock.advance(5_000);
  t.same(read, [1]);
  t.equal(reader.throttledCount, 3);
  t.same(troubles, []);
  const gaps = subscriptions.times
    .slice(1)
    .map((time, index) => time - (subscriptions.times[index] ?? 0));
  t.same(gaps, [250, 250, 400], "longer and longer");
  await reader.stop();
});

t.test("subscriptions without events go over to polling, loudly", async (t) => {
  const { clock, subscriptions, transport, read, troubles, reader, answers } =
    setUp();
  subscriptions.otherwise = () => ["over"];
  subscriptions.queue.push([event([1]), "over"]);
  transport.queue.push(answer({ records: records([2, 3]) }));
  await clock.advance(5_000);
  t.equal(subscriptions.times.length, 5, "four of them");
  t.equal(reader.reading, "polling");
  t.equal(reader.fallbackCount, 1);
  t.match(troubles.at(-1)?.message, /it ended at once: polling it for 30 s/);
  t.same(transport.iteratorRequests[0]?.start, after(1));
  t.same(read, [1, 2, 3]);
  t.ok(answers.length > 3, "and the tip is seen by polling");

  await clock.advance(30_000);
  t.equal(subscriptions.times.length, 6, "it is tried again, once");
  t.same(subscriptions.starts.at(-1), after(3));
  t.match(troubles.at(-1)?.message, /polling it for 60 s/);
  t.equal(reader.fallbackCount, 2);

  subscriptions.otherwise = () => [event([4])];
  await clock.advance(61_000);
  t.same(read, [1, 2, 3, 4]);
  t.equal(reader.reading, "fan_out");
  await reader.stop();
});

t.test("two silent subscriptions are enough for polling", async (t) => {
  const { clock, reader } = setUp();
  await clock.advance(71_000);
  t.equal(reader.reading, "polling");
  await reader.stop();
});

t.test("failures are tried again with backoff", async (t) => {
  const { clock, subscriptions, read, troubles, reader } = setUp();
  subscriptions.queue.push(
    refusal("transient", "InternalFailureException"),
    refusal("transient"),
    [event([1])],
  );
  await clock.advance(2_000);
  t.same(read, [1]);
  t.same(
    troubles.map(({ attempt }) => attempt),
    [1, 2],
  );
  await reader.stop();
});

t.test("a number that the service has forgotten is let go", async (t) => {
  const { clock, subscriptions, read, reader } = setUp();
  subscriptions.queue.push(
    [event([1], { continuationSequenceNumber: "9" }), "over"],
    refusal("bad_argument"),
    [event([2])],
  );
  await clock.advance(2_000);
  t.same(subscriptions.starts, [{ type: "trim_horizon" }, after(9), after(1)]);
  t.same(read, [1, 2]);
  await reader.stop();
});

t.test("refusals end the run", async (t) => {
  const refused = setUp({}, after(5));
  refused.subscriptions.queue.push(refusal("bad_argument"));
  await refused.clock.advance(0);
  await t.rejects(refused.running, {
    code: "FD_SERVICE",
    message: /after sequence number 5/,
  });
  const odd = setUp();
  odd.subscriptions.queue.push(new RangeError("a fault of ours"));
  await odd.clock.advance(0);
  await t.rejects(odd.running, { message: "a fault of ours" });
});

t.test("nothing is asked for while the gate is closed", async (t) => {
  let open = () => {};
  let gate: Promise<void> | undefined;
  const shut = () => {
    gate = new Promise((resolve) => {
      open = () => {
        gate = undefined;
        resolve();
      };
    });
  };
  shut();
  const { clock, subscriptions, read, reader } = setUp({ gate: () => gate });
  subscriptions.queue.push([event([1]), event([2])]);
  await clock.advance(60_000);
  t.same(subscriptions.times, []);
  open();
  await settle();
  t.same(read, [1, 2]);
  shut();
  await reader.stop();
  t.equal(subscriptions.open, 0, "a stop goes through a closed gate");
});

t.test("a closed gate is no silence", async (t) => {
  let open = () => {};
  let gate: Promise<void> | undefined;
  const { clock, subscriptions, read, reader } = setUp({
    gate: () => gate,
    onAnswer: (_, __, batch) => {
      batch?.takeApart?.(0);
      read.push(...numbers(batch));
      if (read.length === 1) {
        gate = new Promise((resolve) => {
          open = () => {
            gate = undefined;
            resolve();
          };
        });
      }
    },
  });
  subscriptions.queue.push([event([1]), event([2])]);
  await clock.advance(120_000);
  t.same(read, [1]);
  t.equal(subscriptions.pulls, 1);
  t.equal(subscriptions.suspects, 0);
  open();
  await settle();
  t.same(read, [1, 2]);
  t.equal(subscriptions.times.length, 1, "by the same subscription");
  await reader.stop();
});

t.test("a stop closes the subscription, or the polling", async (t) => {
  const subscribed = setUp();
  await subscribed.clock.advance(10);
  subscribed.stopping.abort();
  await subscribed.running;
  t.equal(subscribed.subscriptions.open, 0);
  t.equal(subscribed.clock.sleeping, 0);

  const polling = setUp();
  polling.subscriptions.otherwise = () => ["over"];
  await polling.clock.advance(10_000);
  t.equal(polling.reader.reading, "polling");
  await polling.reader.stop();
  t.equal(polling.clock.sleeping, 0);
});

t.test("aggregated records are taken apart", async (t) => {
  const { clock, subscriptions, read, reader } = setUp();
  const data = aggregated({
    partitionKeys: ["key"],
    explicitHashKeys: [],
    records: ["a", "b", "c"].map((text) => ({
      data: Buffer.from(text),
      key: 0,
    })),
  });
  subscriptions.queue.push([event([7], { records: records([7], data) })]);
  await clock.advance(10);
  t.same(read, [7, 7, 7]);
  await reader.stop();
});

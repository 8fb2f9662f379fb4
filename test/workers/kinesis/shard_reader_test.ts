/**
 * Goal: one shard's loop keeps its promises whatever the service does.
 * Method: a clock turned by hand, a transport that follows a script, and no
 * chance: random() gives 0 unless a test says otherwise.
 */
import t from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { ShardReader } from "../../../workers/kinesis/shard_reader.ts";
import type {
  ShardReaderOptions,
  ShardTrouble,
} from "../../../workers/kinesis/shard_reader_options.ts";
import type {
  RecordBatch,
  ShardAnswer,
} from "../../../workers/record_batch.ts";
import { aggregated } from "../../engine/kinesis/aggregated.ts";
import {
  ARRIVAL_MS,
  answer,
  records,
  refusal,
  ScriptedTransport,
} from "./scripted_transport.ts";
import { settle, TurnedClock } from "./turned_clock.ts";

const HASH_KEY_MAX = "340282366920938463463374607431768211455";

interface Taken extends ShardAnswer {
  readonly texts: readonly string[];
  readonly count: number;
  readonly outOfRange: number;
}

function taken(one: ShardAnswer, batch: RecordBatch | undefined): Taken {
  batch?.takeApart?.(0);
  const count = batch?.count ?? 0;
  const texts = Array.from({ length: count }, (_, index) =>
    batch
      ? `${batch.sequenceNumber(batch.records[index] ?? 0)}/${batch.subSequenceNumbers[index]}:${batch.bytes.toString("utf8", batch.starts[index], batch.ends[index])}`
      : "",
  );
  return { ...one, texts, count, outOfRange: batch?.outOfRange ?? 0 };
}

function setUp(
  options: Partial<ShardReaderOptions> = {},
  shard: Partial<ShardReader["shard"]> = {},
) {
  const clock = new TurnedClock();
  const transport = new ScriptedTransport(() => clock.monotonicMs());
  const answers: Taken[] = [];
  const troubles: ShardTrouble[] = [];
  const reader = new ShardReader(
    {
      shardId: "shardId-000000000007",
      startingHashKey: "0",
      endingHashKey: HASH_KEY_MAX,
      start: { type: "trim_horizon" },
      ...shard,
    },
    {
      transport,
      clock,
      random: () => 0,
      onAnswer: (_, one, batch) => {
        answers.push(taken(one, batch));
      },
      onTrouble: (trouble) => {
        troubles.push(trouble);
      },
      ...options,
    },
  );
  const stopping = new AbortController();
  const run = () => reader.run(stopping.signal);
  return { clock, transport, answers, troubles, reader, stopping, run };
}

t.test(
  "ShardReader hands over records with positions and arrival times",
  async (t) => {
    const { clock, transport, answers, run, reader } = setUp();
    transport.queue.push(
      answer({
        records: records([10, 11], Buffer.from("ab")),
        millisBehindLatest: 500,
      }),
      answer(),
    );
    const running = run();
    await clock.advance(200);
    t.same(transport.iteratorRequests, [
      { shardId: "shardId-000000000007", start: { type: "trim_horizon" } },
    ]);
    t.match(answers, [
      {
        sequenceNumber: "11",
        arrivalMs: ARRIVAL_MS + 1,
        millisBehindLatest: 500,
        payloadBytes: 4,
        ended: false,
        childShards: [],
        texts: ["10/0:ab", "11/0:ab"],
      },
      { sequenceNumber: "", payloadBytes: 0, count: 0, ended: false },
    ]);
    t.ok(Number.isNaN(answers[1]?.arrivalMs));
    t.equal(transport.held, 0, "answers are released");
    await reader.stop();
    await running;
  },
);

t.test("ShardReader reads at its pace while there are records", async (t) => {
  const { clock, transport, run, reader } = setUp({ readsPerSecond: 10 });
  let next = 0;
  transport.onRecords = () => answer({ records: records([++next]) });
  const running = run();
  await clock.advance(350);
  t.same(transport.times, [0, 100, 200, 300]);
  await reader.stop();
  await running;
});

t.test(
  "ShardReader asks for the next records before it hands over",
  async (t) => {
    const asked: number[] = [];
    const { clock, transport, run, reader } = setUp({
      readsPerSecond: Number.POSITIVE_INFINITY,
      onAnswer: () => {
        asked.push(transport.recordsRequests.length);
      },
    });
    transport.queue.push(
      answer({ records: records([1]), nextShardIterator: "a" }),
      answer({ records: records([2]), nextShardIterator: "b" }),
      answer(),
    );
    const running = run();
    await clock.advance(0);
    t.same(asked.slice(0, 3), [2, 3, 3], "not where there was nothing");
    t.same(
      transport.recordsRequests.slice(0, 3).map(({ iterator }) => iterator),
      ["first", "a", "b"],
    );
    await reader.stop();
    await running;
    t.equal(transport.held, 0);
  },
);

t.test(
  "ShardReader asks ahead neither too soon nor past the gate",
  async (t) => {
    for (const readsPerSecond of [5, Number.POSITIVE_INFINITY]) {
      let isShut = false;
      const asked: number[] = [];
      const { clock, transport, run, reader } = setUp({
        readsPerSecond,
        gate: () => (isShut ? new Promise(() => {}) : undefined),
        onAnswer: () => {
          asked.push(transport.recordsRequests.length);
        },
      });
      transport.onRecords = () => {
        isShut = readsPerSecond > 5;
        return answer({ records: records([asked.length + 1]) });
      };
      const running = run();
      await clock.advance(0);
      t.same(asked, [1]);
      t.equal(transport.recordsRequests.length, 1);
      await reader.stop();
      await running;
    }
  },
);

t.test("ShardReader drops what it asked for ahead of a failure", async (t) => {
  const { clock, transport, run } = setUp({
    readsPerSecond: Number.POSITIVE_INFINITY,
    onAnswer: () => {
      throw new Error("full");
    },
  });
  transport.onRecords = () => answer({ records: records([1]) });
  const rejects = t.rejects(run(), { message: "full" });
  await clock.advance(0);
  await rejects;
  await settle();
  t.equal(transport.recordsRequests.length, 2);
  t.equal(transport.held, 0);
});

t.test("ShardReader spreads first reads by chance", async (t) => {
  const { clock, transport, run, reader } = setUp({ random: () => 0.5 });
  const running = run();
  await clock.advance(99);
  t.same(transport.times, []);
  await clock.advance(1);
  t.same(transport.times, [100]);
  await reader.stop();
  await running;
});

t.test(
  "ShardReader counts the time of a request towards its pace",
  async (t) => {
    const { clock, transport, run, reader } = setUp();
    transport.onRecords = async () => {
      await clock.sleep(150);
      return answer({ millisBehindLatest: 1 });
    };
    const running = run();
    await clock.advance(760);
    t.same(transport.times, [0, 200, 400, 600]);
    await reader.stop();
    await running;
  },
);

t.test(
  "ShardReader backs off to a second at the tip, and at once back",
  async (t) => {
    const { clock, transport, run, reader } = setUp();
    transport.queue.push(
      ...Array.from({ length: 5 }, () => answer()),
      answer({ records: records([1]) }),
      answer({ records: records([2]) }),
    );
    const running = run();
    await clock.advance(5_000);
    t.same(
      transport.times.slice(0, 7),
      [0, 400, 1_200, 2_000, 3_000, 4_000, 4_200],
    );
    await reader.stop();
    await running;
  },
);

t.test("ShardReader reads on at full pace when empty but behind", async (t) => {
  const { clock, transport, answers, run, reader } = setUp();
  transport.onRecords = () => answer({ millisBehindLatest: 60_000 });
  const running = run();
  await clock.advance(1_000);
  t.same(transport.times, [0, 200, 400, 600, 800, 1_000]);
  t.ok(
    answers.every(({ millisBehindLatest }) => millisBehindLatest === 60_000),
  );
  await reader.stop();
  await running;
});

t.test("ShardReader slows down when throttled, and recovers", async (t) => {
  const { clock, transport, troubles, run, reader } = setUp({
    random: () => 0.5,
  });
  let next = 0;
  transport.onRecords = () => answer({ records: records([++next]) });
  transport.queue.push(
    refusal("throttled", "ProvisionedThroughputExceededException"),
    refusal("throttled", "LimitExceededException"),
    refusal("throttled", "KMSThrottlingException"),
  );
  const running = run();
  await clock.advance(30_000);
  const gaps = transport.times
    .slice(1)
    .map((time, index) => Math.round(time - (transport.times[index] ?? 0)));
  t.same(gaps.slice(0, 3), [400, 800, 1_600], "ever slower");
  t.ok((gaps[3] ?? 0) < 1_600 && (gaps[3] ?? 0) > 200, "recovers bit by bit");
  t.equal(gaps.at(-1), 200, "recovers wholly");
  t.equal(reader.throttledCount, 3);
  t.same(troubles, [], "throttles are counted, not reported");
  await reader.stop();
  await running;
});

t.test(
  "ShardReader never waits longer than its limit when throttled",
  async (t) => {
    for (const chance of [0, 0.999]) {
      const { clock, transport, run, reader } = setUp({ random: () => chance });
      transport.onRecords = () => {
        throw refusal("throttled");
      };
      const running = run();
      await clock.advance(300_000);
      const gaps = transport.times
        .slice(1)
        .map((time, index) => time - (transport.times[index] ?? 0));
      t.ok(Math.max(...gaps) <= 15_000, `${Math.max(...gaps)} ms`);
      t.ok(gaps.length >= 20, "and never stops");
      await reader.stop();
      await running;
    }
  },
);

t.test(
  "ShardReader renews an expired iterator from its position",
  async (t) => {
    const { clock, transport, troubles, answers, run, reader } = setUp();
    transport.onIterator = ({ start }) => JSON.stringify(start);
    transport.queue.push(
      answer({ records: records([1, 2]) }),
      answer({ millisBehindLatest: 1 }),
      refusal("expired_iterator"),
      answer({ records: records([3]) }),
    );
    const running = run();
    await clock.advance(600);
    t.same(
      transport.iteratorRequests.map(({ start }) => start),
      [{ type: "trim_horizon" }, { type: "after", sequenceNumber: "2" }],
    );
    t.equal(
      transport.recordsRequests[3]?.iterator,
      '{"type":"after","sequenceNumber":"2"}',
    );
    t.same(transport.times, [0, 200, 400, 600], "without a pause");
    t.same(
      answers.map(({ sequenceNumber }) => sequenceNumber),
      ["2", "", "3"],
    );
    t.same(troubles, []);
    await reader.stop();
    await running;
  },
);

t.test(
  "ShardReader renews from its start while nothing was read",
  async (t) => {
    const start = { type: "at_timestamp", timestampMs: 5 } as const;
    const { clock, transport, run, reader } = setUp({}, { start });
    transport.queue.push(answer(), refusal("expired_iterator"));
    const running = run();
    await clock.advance(1_200);
    t.same(
      transport.iteratorRequests.map((request) => request.start),
      [start, start],
    );
    await reader.stop();
    await running;
  },
);

t.test("ShardReader pauses when a fresh iterator is expired", async (t) => {
  const { clock, transport, troubles, run, reader } = setUp();
  transport.onRecords = () => {
    throw refusal("expired_iterator");
  };
  const running = run();
  await clock.advance(60_000);
  t.ok(transport.times.length < 20, `${transport.times.length} requests`);
  t.equal(troubles[0]?.attempt, 1);
  await reader.stop();
  await running;
});

t.test("ShardReader reads an answer again that it can't read", async (t) => {
  const { clock, transport, troubles, answers, run, reader } = setUp();
  transport.queue.push(
    answer({ records: records([1]), nextShardIterator: "second" }),
    Buffer.from("a1", "hex"),
    Buffer.from("<html>"),
    answer({ records: records([2]) }),
  );
  const running = run();
  await clock.advance(1_000);
  t.same(
    transport.recordsRequests.slice(0, 4).map(({ iterator }) => iterator),
    ["first", "second", "second", "second"],
  );
  t.same(
    answers.slice(0, 2).map(({ sequenceNumber }) => sequenceNumber),
    ["1", "2"],
  );
  t.match(troubles, [
    {
      shardId: "shardId-000000000007",
      attempt: 1,
      message:
        /^Cannot read shard "shardId-000000000007" as .*cut short: trying again in 50 ms$/,
    },
    { attempt: 2 },
  ]);
  t.equal(transport.held, 0, "bad answers are released too");
  await reader.stop();
  await running;
});

t.test("ShardReader refuses records that it has read before", async (t) => {
  const { clock, transport, troubles, answers, run, reader } = setUp();
  transport.queue.push(
    answer({ records: records([8, 9]) }),
    answer({ records: records([9, 10]) }),
    answer({ records: records([12, 11]) }),
    answer({ records: records(["x"]) }),
    answer({ records: records([10]) }),
  );
  const running = run();
  await clock.advance(3_000);
  t.same(
    answers.slice(0, 2).map(({ sequenceNumber }) => sequenceNumber),
    ["9", "10"],
  );
  t.equal(troubles.length, 3);
  t.match(troubles[0]?.message, /out of order/);
  await reader.stop();
  await running;
});

t.test(
  "ShardReader tries for ever through network errors, with backoff",
  async (t) => {
    const { clock, transport, troubles, answers, run, reader } = setUp();
    let isUp = false;
    transport.onIterator = () => {
      if (!isUp) throw refusal("transient", "InternalFailure");
      return "first";
    };
    const running = run();
    await clock.advance(3_600_000);
    const attempts = troubles.length;
    t.equal(troubles.at(-1)?.attempt, attempts);
    t.ok(attempts > 3_600 / 10 && attempts < 3_600 / 4, `${attempts} attempts`);
    isUp = true;
    transport.queue.push(refusal("transient"));
    await clock.advance(10_000);
    t.ok(answers.length > 0);
    t.equal(troubles.length, attempts + 1);
    await reader.stop();
    await running;
  },
);

t.test("ShardReader counts attempts from 1 after an answer", async (t) => {
  const { clock, transport, troubles, run, reader } = setUp();
  transport.queue.push(
    refusal("transient"),
    refusal("transient"),
    answer(),
    refusal("transient"),
  );
  const running = run();
  await clock.advance(5_000);
  t.same(
    troubles.map(({ attempt }) => attempt),
    [1, 2, 1],
  );
  await reader.stop();
  await running;
});

t.test("ShardReader ends at the shard's end, with its children", async (t) => {
  const { clock, transport, answers, run, reader } = setUp();
  const childShards = [
    {
      shardId: "shardId-000000000008",
      parentShardIds: ["shardId-000000000007"],
      startingHashKey: "0",
      endingHashKey: "9",
    },
  ];
  transport.queue.push(
    answer({ records: records([1]) }),
    answer({ records: records([2]), nextShardIterator: null, childShards }),
  );
  const running = run();
  await clock.advance(200);
  await running;
  t.match(answers.at(-1), { ended: true, sequenceNumber: "2", childShards });
  t.equal(reader.state, "stopped");
  await clock.advance(10_000);
  t.equal(transport.times.length, 2, "nothing is asked after the end");
  t.equal(clock.sleeping, 0);
});

t.test("ShardReader waits at the gate before each request", async (t) => {
  let open: (() => void) | undefined;
  let closed: Promise<void> | undefined;
  const { clock, transport, run, reader } = setUp({ gate: () => closed });
  transport.onRecords = () => answer({ millisBehindLatest: 1 });
  const running = run();
  await clock.advance(200);
  t.equal(transport.times.length, 2);
  closed = new Promise((resolve) => {
    open = resolve;
  });
  await clock.advance(60_000);
  t.equal(transport.times.length, 2);
  t.equal(reader.state, "gated");
  closed = undefined;
  open?.();
  await clock.advance(0);
  t.same(transport.times, [0, 200, 60_200], "then goes on at once");
  await reader.stop();
  await running;
});

t.test(
  "ShardReader looks again when the gate was closed meanwhile",
  async (t) => {
    const opens: (() => void)[] = [];
    const gates = [1, 2].map(
      () =>
        new Promise<void>((resolve) => {
          opens.push(resolve);
        }),
    );
    let current = 0;
    const { clock, transport, run, reader } = setUp({
      gate: () => gates[current],
    });
    const running = run();
    await settle();
    current = 1;
    opens[0]?.();
    await clock.advance(0);
    t.equal(transport.times.length, 0, "the second gate holds");
    current = 2;
    opens[1]?.();
    await clock.advance(0);
    t.equal(transport.times.length, 1);
    await reader.stop();
    await running;
  },
);

t.test(
  "ShardReader.stop() ends a wait at the gate, and one for its turn",
  async (t) => {
    const gated = setUp({ gate: () => new Promise<void>(() => {}) });
    const running = gated.run();
    await settle();
    t.equal(gated.reader.state, "gated");
    await gated.reader.stop();
    await running;
    const waiting = setUp();
    const other = waiting.run();
    await waiting.clock.advance(10);
    t.equal(waiting.reader.state, "waiting");
    await waiting.reader.stop();
    await other;
    t.equal(waiting.clock.sleeping, 0);
  },
);

t.test("ShardReader.stop() during a request drops its answer", async (t) => {
  for (const by of ["stop", "signal"] as const) {
    const { clock, transport, answers, reader, stopping, run } = setUp();
    let reply: (() => void) | undefined;
    transport.onRecords = () =>
      new Promise((resolve) => {
        reply = () => resolve(answer({ records: records([1]) }));
      });
    const running = run();
    await clock.advance(0);
    t.equal(reader.state, "requesting");
    let isStopped = false;
    if (by === "signal") stopping.abort();
    const stopped = reader.stop().then(() => {
      isStopped = true;
    });
    await settle();
    t.equal(isStopped, false, "a request is still in flight");
    reply?.();
    await stopped;
    await running;
    t.equal(transport.inFlight, 0);
    t.equal(transport.held, 0);
    t.same(answers, []);
    await clock.advance(10_000);
    t.same(answers, []);
    t.equal(transport.times.length, 1);
  }
});

t.test(
  "ShardReader.stop() passes over what a request failed with",
  async (t) => {
    const { clock, transport, troubles, reader, run } = setUp();
    let fail: (() => void) | undefined;
    transport.onRecords = () =>
      new Promise((_, reject) => {
        fail = () => reject(new Error("aborted"));
      });
    const running = run();
    await clock.advance(0);
    const stopped = reader.stop();
    fail?.();
    await stopped;
    await running;
    t.same(troubles, []);
  },
);

t.test("ShardReader.stop() before run() reads nothing", async (t) => {
  const { clock, transport, reader, run } = setUp();
  await reader.stop();
  await run();
  await clock.advance(1_000);
  t.same(transport.times, []);
});

t.test("ShardReader.run() rejects with what can't be helped", async (t) => {
  const { clock, transport, reader, run } = setUp();
  const error = new FlagdropError("FD_STREAM", "Cannot read it as it is gone");
  transport.queue.push(answer(), error);
  const running = run();
  const rejects = t.rejects(running, error);
  await clock.advance(1_000);
  await rejects;
  t.equal(reader.state, "stopped");
  await t.resolves(reader.stop());
  t.equal(transport.times.length, 2);
});

t.test("ShardReader.run() rejects with a mistake of our own", async (t) => {
  const { clock, transport, run } = setUp();
  transport.queue.push(new TypeError("oops"));
  const rejects = t.rejects(run(), { message: "oops" });
  await clock.advance(1_000);
  await rejects;
});

t.test("ShardReader.run() rejects when its position is refused", async (t) => {
  const { clock, transport, run } = setUp(
    {},
    { start: { type: "after", sequenceNumber: "12345" } },
  );
  transport.onIterator = () => {
    throw refusal("bad_argument", "InvalidArgumentException");
  };
  const rejects = t.rejects(run(), {
    code: "FD_SERVICE",
    message:
      /^Cannot read shard "shardId-000000000007" after sequence number 12345 as the service refused \(InvalidArgumentException: no\): /,
  });
  await clock.advance(1_000);
  await rejects;
});

t.test(
  "ShardReader renews an iterator that the service doesn't know",
  async (t) => {
    const { clock, transport, troubles, answers, run, reader } = setUp();
    transport.queue.push(
      answer({ records: records([1]) }),
      refusal("bad_argument", "InvalidArgumentException"),
      answer({ records: records([2]) }),
    );
    const running = run();
    await clock.advance(1_000);
    t.equal(transport.iteratorRequests.length, 2);
    t.equal(troubles.length, 1);
    t.same(
      answers.slice(0, 2).map(({ sequenceNumber }) => sequenceNumber),
      ["1", "2"],
    );
    await reader.stop();
    await running;
  },
);

t.test("ShardReader.run() rejects with what onAnswer throws", async (t) => {
  const { clock, transport, run } = setUp({
    onAnswer: () => {
      throw new Error("full");
    },
  });
  const rejects = t.rejects(run(), { message: "full" });
  await clock.advance(0);
  await rejects;
  t.equal(transport.held, 0);
});

t.test("ShardReader keeps answers within the budget of bytes", async (t) => {
  let budget = 1_000_000;
  const { clock, transport, run, reader } = setUp({
    bytesBudget: () => budget,
  });
  let next = 0;
  let size = 10_000 - 150;
  transport.onRecords = () =>
    answer({ records: records([++next, ++next], Buffer.alloc(size)) });
  const running = run();
  await clock.advance(0);
  t.equal(transport.recordsRequests[0]?.limit, 976, "a first guess");
  await clock.advance(200);
  const limit = () => transport.recordsRequests.at(-1)?.limit ?? 0;
  t.ok(Math.abs(limit() - 98) <= 2, `${limit()} of 10 kB`);
  budget = 10;
  await clock.advance(200);
  t.equal(limit(), 1, "never none");
  budget = 1_000_000;
  size = 100_000;
  await clock.advance(400);
  t.ok(limit() <= 10, "larger records count at once");
  size = 10;
  await clock.advance(20_000);
  t.ok(limit() > 1_000, `smaller ones bit by bit: ${limit()}`);
  budget = Number.POSITIVE_INFINITY;
  await clock.advance(200);
  t.equal(limit(), 10_000, "the service's limit");
  await reader.stop();
  await running;
});

t.test("ShardReader takes aggregated records apart", async (t) => {
  const data = aggregated({
    partitionKeys: ["a", "b"],
    explicitHashKeys: ["5"],
    records: [
      { data: Buffer.from("one"), key: 0, hashKey: 0 },
      // md5("b") is 92eb…: outside 0..9.
      { data: Buffer.from("two"), key: 1 },
      { data: Buffer.from("three"), key: 1, hashKey: 0 },
    ],
  });
  const model = answer({
    records: [...records([1], data), ...records([2], Buffer.from("plain"))],
    nextShardIterator: null,
  });
  const read = async (
    kplOutOfRange: "skip" | "keep",
    endingHashKey = HASH_KEY_MAX,
  ) => {
    const { clock, transport, answers, run } = setUp(
      { kplOutOfRange },
      { endingHashKey },
    );
    transport.queue.push(model);
    const running = run();
    await clock.advance(0);
    await running;
    return answers[0];
  };
  const all = ["1/0:one", "1/1:two", "1/2:three", "2/0:plain"];
  t.match(await read("skip"), { texts: all, outOfRange: 0 });
  t.match(await read("keep", "9"), { texts: all, outOfRange: 0 });
  t.match(await read("skip", "9"), {
    texts: ["1/0:one", "1/2:three", "2/0:plain"],
    outOfRange: 1,
    payloadBytes: data.length + 5,
  });
});

t.test(
  "ShardReader hands over answers whose records are all left out",
  async (t) => {
    const { clock, transport, answers, run } = setUp(
      {},
      { endingHashKey: "9" },
    );
    const data = aggregated({
      partitionKeys: ["b"],
      explicitHashKeys: [],
      records: [{ data: Buffer.from("x"), key: 0 }],
    });
    transport.queue.push(
      answer({ records: records([1], data), nextShardIterator: null }),
    );
    const running = run();
    await clock.advance(0);
    await running;
    t.match(answers, [{ sequenceNumber: "1", count: 0, outOfRange: 1 }]);
  },
);

t.test("ShardReader refuses options that make no sense", async (t) => {
  t.throws(() => setUp({ readsPerSecond: 0 }), RangeError);
  t.throws(() => setUp({ readsPerSecond: Number.NaN }), RangeError);
  t.throws(() => setUp({}, { startingHashKey: "x" }), RangeError);
});

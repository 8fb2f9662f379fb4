/**
 * Goal: a consumer is found or registered, and every failure is one line that
 * says what to do. Method: a scripted server for what the service may say, and
 * the local Kinesis; the real SDK.
 */
import { pino } from "pino";
import t, { type Test } from "tap";
import type { AwsConnection } from "../../../engine/aws/connection.ts";
import { systemClock } from "../../../engine/clock.ts";
import { registerConsumer } from "../../../engine/kinesis/stream_consumer.ts";
import { startLocalKinesis } from "../../../engine/local_kinesis/mod.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";
import {
  refused,
  type ServedAnswer,
  startServer,
} from "../../workers/kinesis/scripted_server.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";
const CONSUMER_ARN = `${ARN}/consumer/tally:1451606400`;

function connectionTo(endpoint: string): AwsConnection {
  const credentials = testCredentialsSource();
  return { region: "us-east-1", endpoint, credentials, caPem: "" };
}

/** The consumer in a state, as DescribeStreamConsumer tells it. */
function described(ConsumerStatus: string): ServedAnswer {
  return {
    body: JSON.stringify({
      ConsumerDescription: {
        ConsumerName: "tally",
        ConsumerARN: CONSUMER_ARN,
        ConsumerStatus,
        ConsumerCreationTimestamp: 1_451_606_400,
        StreamARN: ARN,
      },
    }),
  };
}

const MISSING = refused(400, "ResourceNotFoundException");
const CREATED: ServedAnswer = {
  body: JSON.stringify({
    Consumer: {
      ConsumerName: "tally",
      ConsumerARN: CONSUMER_ARN,
      ConsumerStatus: "CREATING",
      ConsumerCreationTimestamp: 1_451_606_400,
    },
  }),
};

/** Registers against a server that gives these answers, the last for ever. */
async function register(
  t: Test,
  script: readonly ServedAnswer[],
  consumer = "tally",
) {
  let asked = 0;
  const server = await startServer(
    () => script[Math.min(asked++, script.length - 1)] ?? MISSING,
  );
  t.teardown(() => server.close());
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line) => lines.push(line) });
  let nowMs = 0;
  const registered = registerConsumer(connectionTo(server.endpoint), {
    streamArn: ARN,
    consumer,
    log,
    random: () => 0,
    // Nobody has to wait.
    clock: {
      ...systemClock,
      monotonicMs: () => nowMs,
      sleep: async (durationMs) => {
        nowMs += durationMs;
      },
    },
  });
  const operations = () => server.requests.map(({ operation }) => operation);
  return { registered, operations, lines, server };
}

t.test("a consumer that is there is used as it is", async (t) => {
  for (const consumer of ["tally", CONSUMER_ARN]) {
    const { registered, operations, lines, server } = await register(
      t,
      [described("ACTIVE")],
      consumer,
    );
    t.equal(await registered, CONSUMER_ARN);
    t.same(operations(), ["DescribeStreamConsumer"]);
    t.same(lines, []);
    t.same(
      JSON.parse(String(server.requests[0]?.body)),
      consumer === "tally"
        ? { StreamARN: ARN, ConsumerName: "tally" }
        : { ConsumerARN: CONSUMER_ARN },
    );
  }
});

t.test("a missing one is registered, waited for, and named", async (t) => {
  const { registered, operations, lines } = await register(t, [
    MISSING,
    CREATED,
    // Not everywhere known at once.
    MISSING,
    described("CREATING"),
    described("ACTIVE"),
  ]);
  t.equal(await registered, CONSUMER_ARN);
  t.same(operations(), [
    "DescribeStreamConsumer",
    "RegisterStreamConsumer",
    "DescribeStreamConsumer",
    "DescribeStreamConsumer",
    "DescribeStreamConsumer",
  ]);
  t.match(lines.join(), /registered the consumer: it stays, and is billed/);
});

t.test("one that another process registers meanwhile is used", async (t) => {
  const { registered, lines } = await register(t, [
    MISSING,
    refused(400, "ResourceInUseException"),
    described("ACTIVE"),
  ]);
  t.equal(await registered, CONSUMER_ARN);
  t.same(lines, [], "it isn't ours");
});

t.test("one that is being deleted is registered again", async (t) => {
  const { registered, operations } = await register(t, [
    described("DELETING"),
    MISSING,
    CREATED,
    described("ACTIVE"),
  ]);
  t.equal(await registered, CONSUMER_ARN);
  t.equal(operations().length, 4);
});

t.test("what can't be had is said in one line", async (t) => {
  const cases: [ServedAnswer[], object, string?][] = [
    [
      [MISSING, refused(400, "LimitExceededException", "20 consumers")],
      {
        code: "FD_SERVICE",
        message: /as many as it may .*20 consumers.*deregister one/,
      },
    ],
    [
      [refused(400, "AccessDeniedException", "no")],
      {
        code: "FD_CREDENTIALS",
        message: /allow kinesis:DescribeStreamConsumer/,
      },
    ],
    [
      [MISSING, refused(400, "AccessDeniedException", "no")],
      { code: "FD_CREDENTIALS", message: /Cannot register consumer "tally"/ },
    ],
    [
      [refused(400, "UnknownOperationException", "no")],
      { code: "FD_SERVICE", message: /knows no consumers.*without --consumer/ },
    ],
    [
      [described("CREATING")],
      { code: "FD_SERVICE", message: /still CREATING after 120 s/ },
    ],
    [
      [MISSING],
      { code: "FD_STREAM", message: /Cannot find consumer "arn:.*give a name/ },
      CONSUMER_ARN,
    ],
  ];
  for (const [script, expected, consumer] of cases) {
    const { registered } = await register(t, script, consumer);
    await registered.then(
      () => t.fail("it was registered"),
      (error: unknown) => {
        t.match(error, { name: "FlagdropError", ...expected });
        t.notMatch(String(error), /\n/);
      },
    );
  }
});

t.test("what is no consumer isn't asked about", async (t) => {
  for (const consumer of [
    "",
    "a b",
    "x".repeat(129),
    ARN,
    CONSUMER_ARN.replace("taxi", "other"),
  ]) {
    const { registered, operations } = await register(t, [MISSING], consumer);
    await t.rejects(registered, { message: /as --consumer: / });
    t.same(operations(), []);
  }
});

t.test("the local Kinesis registers one, once", async (t) => {
  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount: 1 }],
    credentials: "any",
  });
  t.teardown(() => kinesis.close());
  const connection = connectionTo(kinesis.url);
  const options = {
    streamArn: ARN,
    consumer: "tally",
    log: pino({ level: "silent" }),
  };
  const arn = await registerConsumer(connection, options);
  t.match(arn, /:stream\/taxi\/consumer\/tally:\d+$/);
  t.equal(await registerConsumer(connection, options), arn);
  t.equal(
    await registerConsumer(connection, { ...options, consumer: arn }),
    arn,
  );
});

/**
 * Goal: streams and shards are read as they are, and every failure is one line
 * that says what to do. Method: a scripted server; the real SDK.
 */
import t, { type Test } from "tap";
import type { AwsConnection } from "../../../engine/aws/connection.ts";
import { systemClock } from "../../../engine/clock.ts";
import { FlagdropError } from "../../../engine/errors.ts";
import {
  describeStream,
  listShards,
} from "../../../engine/kinesis/control_plane.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";
import {
  refused,
  type Serve,
  startServer,
} from "../../workers/kinesis/scripted_server.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";

/** Real time, but nobody has to wait. */
const hurried = {
  clock: { ...systemClock, sleep: async () => {} },
  random: () => 0,
};

async function setUp(t: Test, serve: Serve) {
  const server = await startServer(serve);
  t.teardown(() => server.close());
  const credentials = testCredentialsSource();
  const connection: AwsConnection = {
    region: "us-east-1",
    endpoint: server.endpoint,
    credentials,
    caPem: "",
  };
  return { server, connection, credentials };
}

const SUMMARY = {
  StreamDescriptionSummary: {
    StreamName: "taxi",
    StreamARN: ARN,
    StreamStatus: "ACTIVE",
    StreamCreationTimestamp: 1_451_606_400.5,
    RetentionPeriodHours: 48,
    OpenShardCount: 3,
    EnhancedMonitoring: [],
  },
};

t.test("describeStream() tells what a stream is, by name or ARN", async (t) => {
  const { server, connection } = await setUp(t, () => ({
    body: JSON.stringify(SUMMARY),
  }));
  for (const [stream, request] of [
    ["taxi", { StreamName: "taxi" }],
    [ARN, { StreamARN: ARN }],
  ] as const) {
    t.same(await describeStream(connection, stream), {
      streamArn: ARN,
      streamName: "taxi",
      creationTimeMs: 1_451_606_400_500,
      status: "ACTIVE",
      retentionHours: 48,
      openShardCount: 3,
      recordBytesMax: 1_048_576,
    });
    t.same(JSON.parse(String(server.requests.at(-1)?.body)), request);
  }
  t.match(
    server.requests[0]?.headers["authorization"],
    /Credential=key-0\/\d+\/us-east-1\/kinesis\//,
  );
});

t.test("listShards() reads all pages, open and closed shards", async (t) => {
  const { server, connection } = await setUp(t, ({ body }) => {
    const { NextToken } = JSON.parse(String(body));
    const HashKeyRange = { StartingHashKey: "0", EndingHashKey: "9" };
    return {
      body: JSON.stringify(
        NextToken === undefined
          ? {
              Shards: [
                {
                  ShardId: "shardId-000000000000",
                  HashKeyRange,
                  SequenceNumberRange: {
                    StartingSequenceNumber: "1",
                    EndingSequenceNumber: "2",
                  },
                },
              ],
              NextToken: "more",
            }
          : {
              Shards: [
                {
                  ShardId: "shardId-000000000003",
                  ParentShardId: "shardId-000000000000",
                  AdjacentParentShardId: "shardId-000000000001",
                  HashKeyRange,
                  SequenceNumberRange: { StartingSequenceNumber: "3" },
                },
              ],
            },
      ),
    };
  });
  const keys = { startingHashKey: "0", endingHashKey: "9" };
  t.same(await listShards(connection, "taxi"), [
    {
      ...keys,
      shardId: "shardId-000000000000",
      parentShardIds: [],
      startingSequenceNumber: "1",
      closed: true,
    },
    {
      ...keys,
      shardId: "shardId-000000000003",
      parentShardIds: ["shardId-000000000000", "shardId-000000000001"],
      startingSequenceNumber: "3",
      closed: false,
    },
  ]);
  t.same(
    server.requests.map(({ body }) => JSON.parse(String(body))),
    [{ StreamName: "taxi" }, { NextToken: "more" }],
  );
});

t.test("describeStream() says in one line what is wrong", async (t) => {
  let answer = refused(
    400,
    "ResourceNotFoundException",
    "Stream taxi …\nnot found",
  );
  const { connection } = await setUp(t, () => answer);
  const { endpoint } = connection;
  const failure = async () => {
    try {
      await describeStream(connection, "taxi", hurried);
    } catch (error) {
      if (error instanceof FlagdropError) {
        t.notMatch(error.message, /\n/);
        return `${error.code} ${error.message}`;
      }
      throw error;
    }
    return "";
  };
  t.equal(
    await failure(),
    `FD_STREAM Cannot find stream "taxi" in us-east-1 at ${endpoint}: create it, or check --stream, --region and --endpoint`,
  );
  answer = refused(400, "AccessDeniedException", "not you");
  t.equal(
    await failure(),
    `FD_CREDENTIALS Cannot read stream "taxi" at ${endpoint} as it refuses the credentials (AccessDeniedException: not you): check AWS_PROFILE or AWS_ACCESS_KEY_ID, and their permissions`,
  );
  answer = refused(400, "ValidationException", "bad name");
  t.match(
    await failure(),
    /^FD_STREAM Cannot find stream "taxi" as that is no valid name or ARN \(/,
  );
  answer = { body: "{}" };
  t.match(await failure(), /^FD_SERVICE .*the answer names none/);
  answer = refused(418, "TeapotException");
  t.match(await failure(), /^FD_SERVICE .*HTTP 418, TeapotException/);
});

t.test(
  "describeStream() tries again through throttles and failures, bounded",
  async (t) => {
    const answers = [
      refused(400, "LimitExceededException"),
      refused(500, "InternalFailure"),
      { body: JSON.stringify(SUMMARY) },
    ];
    const { server, connection } = await setUp(
      t,
      () => answers.shift() ?? refused(500, "InternalFailure"),
    );
    t.match(await describeStream(connection, "taxi", hurried), {
      streamName: "taxi",
    });
    t.equal(server.requests.length, 3);
    await t.rejects(describeStream(connection, "taxi", hurried), {
      code: "FD_SERVICE",
      message: /HTTP 500/,
    });
    t.equal(server.requests.length, 3 + 8);
  },
);

t.test("describeStream() asks again for cut and garbled answers", async (t) => {
  const whole = JSON.stringify(SUMMARY);
  const { server, connection } = await setUp(t, (_request, response) => {
    switch (server.requests.length) {
      case 1:
        response.writeHead(200, { "content-length": String(whole.length) });
        response.write(whole.slice(0, 20), () => response.destroy());
        return undefined;
      case 2:
        return { body: whole.slice(20) };
      default:
        return { body: whole };
    }
  });
  t.match(await describeStream(connection, "taxi", hurried), {
    streamName: "taxi",
  });
  t.equal(server.requests.length, 3);
});

t.test("describeStream() refreshes refused credentials once", async (t) => {
  let accepted = "key-1";
  const { server, connection, credentials } = await setUp(t, ({ headers }) =>
    String(headers["authorization"]).includes(`Credential=${accepted}/`)
      ? { body: JSON.stringify(SUMMARY) }
      : refused(400, "ExpiredTokenException", "old"),
  );
  t.match(await describeStream(connection, "taxi", hurried), {
    streamName: "taxi",
  });
  t.equal(credentials.refreshes, 1);
  accepted = "nobody";
  await t.rejects(describeStream(connection, "taxi", hurried), {
    code: "FD_CREDENTIALS",
    message: /ExpiredTokenException: old/,
  });
  t.equal(credentials.refreshes, 2);
  t.equal(server.requests.length, 4);
});

t.test("describeStream() sets a skewed clock right once", async (t) => {
  const aheadMs = 3_600_000;
  const { server, connection } = await setUp(t, ({ headers }) => {
    const signedMs = Date.parse(
      String(headers["x-amz-date"]).replace(
        /^(....)(..)(..T..)(..)(..Z)$/,
        "$1-$2-$3:$4:$5",
      ),
    );
    return Math.abs(signedMs - Date.now() - aheadMs) < 60_000
      ? { body: JSON.stringify(SUMMARY) }
      : {
          ...refused(400, "InvalidSignatureException", "Signature expired: x"),
          headers: { date: new Date(Date.now() + aheadMs).toUTCString() },
        };
  });
  t.match(await describeStream(connection, "taxi", hurried), {
    streamName: "taxi",
  });
  t.equal(server.requests.length, 2);
});

t.test("describeStream() hands on that there are no credentials", async (t) => {
  const { connection } = await setUp(t, () => ({ body: "{}" }));
  const error = new FlagdropError("FD_CREDENTIALS", "Cannot find any");
  const none = async () => {
    throw error;
  };
  await t.rejects(
    describeStream(
      { ...connection, credentials: { current: none, refresh: none } },
      "taxi",
    ),
    error,
  );
});

t.test("describeStream() gives up an endpoint nobody listens on", async (t) => {
  const { server, connection } = await setUp(t, () => ({}));
  await server.close();
  const startedMs = performance.now();
  await t.rejects(describeStream(connection, "taxi"), {
    code: "FD_NETWORK",
    message: new RegExp(
      `^Cannot reach Kinesis at ${connection.endpoint} \\(.*ECONNREFUSED.*\\): check --endpoint, --region and the network$`,
    ),
  });
  const elapsedMs = performance.now() - startedMs;
  t.ok(elapsedMs < 5_500, `within five seconds (${elapsedMs} ms)`);
});

t.test("describeStream() stops when it is told to", async (t) => {
  const { connection } = await setUp(t, () => undefined);
  const stopping = new AbortController();
  setImmediate(() => stopping.abort());
  await t.rejects(
    describeStream(connection, "taxi", { signal: stopping.signal }),
    { code: "FD_NETWORK" },
  );
});

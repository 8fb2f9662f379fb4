/**
 * Goal: subscriptions over HTTP/2 bring their events whole, or say that they
 * can't. Method: a scripted server on loopback that cuts, garbles, refuses and
 * floods; time by a clock turned by hand where time matters.
 */
import type { ServerHttp2Stream } from "node:http2";
import { createServer } from "node:net";
import t, { type Test } from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { CborCursor } from "../../../engine/kinesis/cbor_cursor.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { AnswerBuffers } from "../../../workers/kinesis/answer_buffers.ts";
import { openHttpTransport } from "../../../workers/kinesis/http_transport.ts";
import { Http2Sessions } from "../../../workers/kinesis/http2_sessions.ts";
import { SUBSCRIPTION_WINDOW_BYTES } from "../../../workers/kinesis/limits.ts";
import { SigningRelay } from "../../../workers/kinesis/signing_relay.ts";
import type { Subscription } from "../../../workers/kinesis/subscription.ts";
import {
  SubscriptionClient,
  type SubscriptionClientOptions,
} from "../../../workers/kinesis/subscription_client.ts";
import { CERTIFICATE_PEM } from "../../engine/aws/test_certificate.ts";
import { modelOf } from "../../engine/kinesis/wire_answer.ts";
import { testCredentials } from "../../helpers/credentials.ts";
import { eventOf, exceptionOf, recordsEvent } from "./event_message.ts";
import {
  accept,
  type Http2ServerOptions,
  refuse,
  type ServeStream,
  startHttp2Server,
} from "./scripted_http2_server.ts";
import { event } from "./scripted_subscriptions.ts";
import { records } from "./scripted_transport.ts";
import { settle, TurnedClock } from "./turned_clock.ts";

const REQUEST = {
  shardId: "shardId-000000000000",
  start: { type: "after", sequenceNumber: "5" },
} as const;

async function setUp(
  t: Test,
  serve: ServeStream,
  options: Partial<SubscriptionClientOptions> & Http2ServerOptions = {},
) {
  const server = await startHttp2Server(serve, options);
  const clock = new TurnedClock();
  const sessions = new Http2Sessions({
    url: new URL(options.endpoint ?? server.endpoint),
    connect: {},
    clock,
  });
  const buffers = new AnswerBuffers();
  const signing = { credentials: testCredentials(1), clockSkewMs: 0 };
  const client = new SubscriptionClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/taxi",
    consumerArn:
      "arn:aws:kinesis:us-east-1:000000000000:stream/taxi/consumer/c:1",
    sessions,
    buffers,
    signing,
    repairSigning: async () => {
      throw new Error("the signature was refused");
    },
    clock,
    ...options,
  });
  const { signal } = new AbortController();
  t.teardown(async () => {
    sessions.destroy();
    await server.close();
  });
  return { server, clock, sessions, buffers, signing, client, signal };
}

const never = new AbortController().signal;

/** The sequence numbers of the next event; undefined once it is over. */
async function next(subscription: Subscription): Promise<string[] | undefined> {
  const answer = await subscription.next(never);
  if (answer === undefined) return undefined;
  const columns = new RecordColumns();
  answer.readInto(columns);
  const numbers = modelOf(columns).records.map((one) => one.sequenceNumber);
  answer.release();
  return numbers;
}

t.test("a subscription is signed, asked for and read", async (t) => {
  for (const encoding of ["cbor", "json"] as const) {
    const { server, client, buffers } = await setUp(
      t,
      (stream) => {
        accept(stream);
        stream.write(recordsEvent(event([6, 7]), encoding));
        stream.write(recordsEvent(event([]), encoding));
        stream.end(recordsEvent(event([8]), encoding));
      },
      { encoding },
    );
    const subscription = await client.subscribe(REQUEST, never);
    t.same(await next(subscription), ["6", "7"]);
    t.same(await next(subscription), []);
    t.same(await next(subscription), ["8"]);
    t.equal(await next(subscription), undefined);
    t.equal(await next(subscription), undefined, "and stays over");
    subscription.close(false);
    t.ok(buffers.spareBytes > 0, "memory comes back");
    const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] =
      server.requests;
    t.equal(headers["x-amz-target"], "Kinesis_20131202.SubscribeToShard");
    t.match(headers["authorization"], /^AWS4-HMAC-SHA256 Credential=key-1\//);
    const fields =
      encoding === "json"
        ? JSON.parse(body.toString())
        : new CborCursor(body, body.length).value();
    t.match(fields, {
      ConsumerARN: /consumer\/c:1$/,
      ShardId: "shardId-000000000000",
      StartingPosition: {
        Type: "AFTER_SEQUENCE_NUMBER",
        SequenceNumber: "5",
      },
    });
  }
});

t.test("every kind of start is said as Kinesis says it", async (t) => {
  const { server, client } = await setUp(t, (stream) => accept(stream).end(), {
    encoding: "json",
  });
  const starts = [
    { type: "trim_horizon" },
    { type: "at_timestamp", timestampMs: 1_451_606_400_123.9 },
  ] as const;
  for (const start of starts) {
    (await client.subscribe({ ...REQUEST, start }, never)).close(false);
  }
  t.same(
    server.requests.map(
      ({ body }) => JSON.parse(body.toString()).StartingPosition,
    ),
    [
      { Type: "TRIM_HORIZON" },
      { Type: "AT_TIMESTAMP", Timestamp: 1_451_606_400.123 },
    ],
  );
});

t.test("JSON is spoken to a service that knows no CBOR", async (t) => {
  const { server, client } = await setUp(t, (stream, { headers }) => {
    if (headers["content-type"] === "application/x-amz-json-1.1") {
      accept(stream).end(recordsEvent(event([6])));
    } else refuse(stream, "SerializationException");
  });
  for (let round = 0; round < 2; round++) {
    const subscription = await client.subscribe(REQUEST, never);
    t.same(await next(subscription), ["6"]);
    subscription.close(false);
  }
  t.equal(server.requests.length, 3, "and nothing else from then on");
});

t.test("an event that is cut anywhere is waited for", async (t) => {
  const bytes = recordsEvent(event([6]));
  const { client } = await setUp(t, async (stream) => {
    accept(stream);
    for (const byte of bytes) {
      stream.write(Buffer.from([byte]));
      if (byte % 16 === 0) await settle();
    }
    stream.end();
  });
  const subscription = await client.subscribe(REQUEST, never);
  t.same(await next(subscription), ["6"]);
  t.equal(await next(subscription), undefined);
});

t.test("a GOAWAY right after the head ends nothing", async (t) => {
  const { client } = await setUp(t, async (stream) => {
    accept(stream);
    stream.session?.goaway();
    await settle();
    stream.write(recordsEvent(event([6])));
    await settle();
    stream.end(recordsEvent(event([7])));
  });
  const first = await client.subscribe(REQUEST, never);
  t.same(await next(first), ["6"]);
  const second = await client.subscribe(REQUEST, never);
  t.same(await next(first), ["7"]);
  t.equal(await next(first), undefined);
  t.same(await next(second), ["6"], "another connection serves the next");
  second.close(false);
});

t.test("a cut is told from an end", async (t) => {
  const half = recordsEvent(event([7])).subarray(0, 50);
  const cuts: Record<string, (stream: ServerHttp2Stream) => void> = {
    "inside an event": (stream) => stream.end(half),
    "with its connection": (stream) => {
      stream.write(half, () => stream.session?.destroy());
    },
    "by a reset": (stream) => {
      stream.write(half, () => stream.close(2));
    },
  };
  for (const [name, cut] of Object.entries(cuts)) {
    const { client } = await setUp(t, (stream) => {
      accept(stream);
      stream.write(recordsEvent(event([6])), () => cut(stream));
    });
    const subscription = await client.subscribe(REQUEST, never);
    t.same(await next(subscription), ["6"]);
    await t.rejects(
      next(subscription),
      { name: "KinesisRequestError", kind: "transient" },
      name,
    );
    subscription.close(false);
  }
});

t.test("garbled frames are refused", async (t) => {
  const whole = recordsEvent(event([6]));
  const flipped = Buffer.from(whole);
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  const garbled = {
    "a wrong checksum": flipped,
    "a foreign protocol": Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
    "an event of nothing": eventOf(Buffer.alloc(0)),
    "an event of another kind": eventOf(Buffer.from("[1]")),
    "a number that is none": recordsEvent(
      event([6], { continuationSequenceNumber: "x" }),
    ),
  };
  for (const [name, bytes] of Object.entries(garbled)) {
    const { client } = await setUp(t, (stream) => accept(stream).end(bytes));
    const subscription = await client.subscribe(REQUEST, never);
    await t.rejects(next(subscription), { name: "GarbledAnswerError" }, name);
    subscription.close(false);
  }
});

t.test("refusals are told apart, before and in the stream", async (t) => {
  const unexpected = () => t.fail("no refusal");
  const cases: [string, Record<string, string | RegExp>][] = [
    ["ResourceInUseException", { kind: "in_use" }],
    ["LimitExceededException", { kind: "throttled" }],
    ["InternalFailureException", { kind: "transient" }],
    ["KMSThrottlingException", { kind: "throttled" }],
    ["ResourceNotFoundException", { code: "FD_STREAM", message: /consumer/ }],
    [
      "AccessDeniedException",
      { code: "FD_CREDENTIALS", message: /kinesis:SubscribeToShard/ },
    ],
  ];
  for (const [code, expected] of cases) {
    const refusal = (error: unknown) => t.match(error, expected, code);
    const { client } = await setUp(t, (stream, _, number) => {
      if (number === 0) refuse(stream, code);
      else accept(stream).end(exceptionOf(code));
    });
    await client.subscribe(REQUEST, never).then(unexpected, refusal);
    const subscription = await client.subscribe(REQUEST, never);
    await next(subscription).then(unexpected, refusal);
    subscription.close(false);
  }
  const { client } = await setUp(t, (stream) =>
    accept(stream).end(exceptionOf("SomethingNewException")),
  );
  const subscription = await client.subscribe(REQUEST, never);
  await t.rejects(next(subscription), {
    kind: "transient",
    message: "SomethingNewException: no",
  });
});

t.test("a refused signature is repaired once", async (t) => {
  const repairs: unknown[] = [];
  const signing = { credentials: testCredentials(1), clockSkewMs: 0 };
  const { client, server } = await setUp(
    t,
    (stream, { headers }) => {
      if (String(headers["authorization"]).includes("key-2")) {
        accept(stream).end(recordsEvent(event([6])));
      } else {
        // The service's clock is the turned one's.
        const date = new Date(1_451_606_400_000).toUTCString();
        refuse(stream, "ExpiredTokenException", { date });
      }
    },
    {
      signing,
      repairSigning: async (failure) => {
        repairs.push(failure.kind);
        signing.credentials = testCredentials(2);
      },
    },
  );
  const subscription = await client.subscribe(REQUEST, never);
  t.same(await next(subscription), ["6"]);
  t.same(repairs, ["credentials"]);
  t.equal(server.requests.length, 2);
});

t.test("an endpoint without HTTP/2 is no end, but a failure", async (t) => {
  const http1 = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
  });
  await new Promise<void>((resolve) => {
    http1.listen(0, "127.0.0.1", resolve);
  });
  t.teardown(() => http1.close());
  const { port } = http1.address() as { port: number };
  for (const endpoint of [`http://127.0.0.1:${port}`, "http://127.0.0.1:1"]) {
    const { client } = await setUp(t, () => {}, { endpoint });
    await t.rejects(client.subscribe(REQUEST, never), {
      name: "KinesisRequestError",
      message: /HTTP\/2|closed|ECONNREFUSED/,
    });
  }
});

t.test("no answer's head within the limit is a failure", async (t) => {
  const { client, clock, server } = await setUp(t, () => {});
  const subscribing = client.subscribe(REQUEST, never);
  subscribing.catch(() => {});
  while (server.requests.length === 0) await settle();
  await clock.advance(20_000);
  await t.rejects(subscribing, { kind: "transient", message: /no answer/ });
});

t.test("a stop cuts short whatever is waited for", async (t) => {
  const stopping = new AbortController();
  const { client, server } = await setUp(t, (stream, _, number) => {
    if (number === 0) accept(stream);
  });
  const subscription = await client.subscribe(REQUEST, stopping.signal);
  const pulled = subscription.next(stopping.signal);
  const subscribing = client.subscribe(REQUEST, stopping.signal);
  while (server.requests.length < 2) await settle();
  stopping.abort();
  t.equal(await pulled, undefined);
  await t.rejects(subscribing);
  subscription.close(false);
  await t.rejects(client.subscribe(REQUEST, stopping.signal));
});

t.test("what isn't pulled stays with the service", async (t) => {
  const data = Buffer.alloc(60_000, 1);
  let written = 0;
  const { client } = await setUp(t, async (stream) => {
    accept(stream);
    for (let number = 6; number < 206; number++) {
      const bytes = recordsEvent(
        event([number], { records: records([number], data) }),
        "cbor",
      );
      if (!stream.write(bytes)) {
        await new Promise<void>((resolve) => {
          stream.once("drain", resolve);
          if (stream.destroyed) resolve();
        });
      }
      written += bytes.length;
    }
    stream.end();
  });
  const subscription = await client.subscribe(REQUEST, never);
  t.same(await next(subscription), ["6"]);
  for (let round = 0; round < 100; round++) await settle();
  t.ok(
    written < 3 * SUBSCRIPTION_WINDOW_BYTES,
    `${written} bytes of 12 MB were sent`,
  );
  // Another stream of the same connection isn't held up by it.
  const other = await client.subscribe(REQUEST, never);
  for (let number = 6; number < 206; number++) {
    t.same(await next(other), [String(number)]);
  }
  t.equal(await next(other), undefined);
  for (let number = 7; number < 206; number++) {
    const found = await next(subscription);
    if (found?.[0] !== String(number)) t.fail(`${found} is not ${number}`);
  }
  t.equal(await next(subscription), undefined);
});

t.test("connections are shared, up to what the service takes", async (t) => {
  const { client, sessions, server, clock } = await setUp(
    t,
    (stream) => {
      accept(stream);
    },
    { streamsMax: 2 },
  );
  const held: Subscription[] = [];
  for (let count = 0; count < 4; count++) {
    held.push(await client.subscribe(REQUEST, never));
  }
  t.equal(sessions.count, 2);
  held.pop()?.close(false);
  while ([...server.sessions].length < 2) await settle();
  await settle();
  held.push(await client.subscribe(REQUEST, never));
  t.equal(sessions.count, 2, "room that was left is used");
  held[0]?.close(true);
  held[1]?.close(false);
  while (server.sessions.size > 1) await settle();
  t.equal(sessions.count, 1, "a suspect one is closed with its last stream");
  await clock.advance(11 * 60_000);
  held.push(await client.subscribe(REQUEST, never));
  t.equal(sessions.count, 2, "an old one takes no more");
});

t.test(
  "with TLS, the user's authorities are trusted, and no others",
  async (t) => {
    const server = await startHttp2Server(
      (stream) => accept(stream).end(recordsEvent(event([6]))),
      { isSecure: true },
    );
    t.teardown(() => server.close());
    const signing = new SigningRelay(1, () => {});
    signing.take({
      type: "credentials",
      credentials: testCredentials(1),
      clockSkewMs: 0,
    });
    for (const caPem of [CERTIFICATE_PEM, ""]) {
      const { subscriptions, close } = openHttpTransport({
        reading: {
          type: "kinesis",
          endpoint: server.endpoint,
          region: "us-east-1",
          caPem,
          streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/taxi",
          consumerArn: "arn:aws:kinesis:us-east-1:0:stream/taxi/consumer/c:1",
          readsPerSecond: 5,
          kplOutOfRange: "skip",
        },
        signing,
        clock: systemClock,
      });
      t.teardown(close);
      if (subscriptions === undefined) throw new Error("no subscriptions");
      const subscribing = subscriptions.subscribe(REQUEST, never);
      if (caPem === "") await t.rejects(subscribing, /self-signed certificate/);
      else t.same(await next(await subscribing), ["6"]);
    }
  },
);

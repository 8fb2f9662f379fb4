/**
 * Goal: the two calls are made, signed, read and repaired as they should.
 * Method: a server on loopback that answers as each test says.
 */
import t, { type Test } from "tap";
import type { AwsCredentials } from "../../../engine/aws/credentials.ts";
import { systemClock } from "../../../engine/clock.ts";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { GarbledAnswerError } from "../../../engine/kinesis/request_error.ts";
import { AnswerBuffers } from "../../../workers/kinesis/answer_buffers.ts";
import {
  GetRecordsClient,
  type GetRecordsClientOptions,
} from "../../../workers/kinesis/get_records_client.ts";
import { openPoster } from "../../../workers/kinesis/open_poster.ts";
import type {
  AuthFailure,
  SigningState,
} from "../../../workers/kinesis/signing_state.ts";
import { modelOf, toCbor, toJson } from "../../engine/kinesis/wire_answer.ts";
import { refused, type Serve, startServer } from "./scripted_server.ts";
import { answer, records } from "./scripted_transport.ts";
import { settle, TurnedClock } from "./turned_clock.ts";

const CBOR = "application/x-amz-cbor-1.1";
const STREAM_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";
const NEVER = new AbortController().signal;
const GET = { shardId: "s", iterator: "AAAA", limit: 100 } as const;
const MODEL = answer({ records: records([1, 2, 3]) });

function credentials(accessKeyId = "AKID"): AwsCredentials {
  return {
    accessKeyId,
    secretAccessKey: "secret",
    sessionToken: "",
    expiresAtMs: Number.POSITIVE_INFINITY,
  };
}

async function setUp(
  t: Test,
  serve: Serve,
  options: Partial<GetRecordsClientOptions> = {},
) {
  const server = await startServer(serve);
  const poster = openPoster({ endpoint: server.endpoint, caPem: "" });
  t.teardown(async () => {
    await poster.close();
    await server.close();
  });
  const signing: SigningState = { credentials: credentials(), clockSkewMs: 0 };
  const failures: AuthFailure[] = [];
  const buffers = new AnswerBuffers();
  const client = new GetRecordsClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    streamArn: STREAM_ARN,
    poster,
    signing,
    repairSigning: async (failure) => {
      failures.push(failure);
    },
    clock: systemClock,
    buffers,
    ...options,
  });
  const read = async (signal = NEVER) => {
    const found = await client.getRecords(GET, signal);
    const columns = new RecordColumns();
    try {
      found.readInto(columns);
      return modelOf(columns);
    } finally {
      found.release();
    }
  };
  return { server, client, signing, failures, buffers, read };
}

t.test("GetRecordsClient.getRecords() reads CBOR in place", async (t) => {
  const { server, read, buffers } = await setUp(t, () => ({
    type: CBOR,
    body: toCbor(MODEL),
  }));
  t.same(await read(), MODEL);
  const [request] = server.requests;
  t.equal(request?.operation, "GetRecords");
  t.equal(request?.headers["content-type"], CBOR);
  t.match(
    request?.headers["authorization"],
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/kinesis\/aws4_request, /,
  );
  t.same(decodeCbor(request?.body ?? Buffer.alloc(0)), {
    StreamARN: STREAM_ARN,
    ShardIterator: "AAAA",
    Limit: 100,
  });
  t.ok(buffers.spareBytes > 0, "the buffer was given back");
  const spareBytes = buffers.spareBytes;
  t.same(await read(), MODEL);
  t.equal(buffers.spareBytes, spareBytes, "and used again");
});

t.test("GetRecordsClient.getShardIterator() says where to start", async (t) => {
  const { server, client } = await setUp(t, () => ({
    type: CBOR,
    body: Buffer.from("a16d53686172644974657261746f7264495445524", "hex"),
  }));
  const { server: jsonServer, client: jsonClient } = await setUp(
    t,
    () => ({ body: '{"ShardIterator":"ITER"}' }),
    { encoding: "json" },
  );
  const starts = [
    { type: "trim_horizon" },
    { type: "at_timestamp", timestampMs: 1_451_606_400_123.4 },
    { type: "after", sequenceNumber: "495" },
  ] as const;
  for (const start of starts) {
    t.equal(
      await client.getShardIterator({ shardId: "s", start }, NEVER),
      "ITER",
    );
    t.equal(
      await jsonClient.getShardIterator({ shardId: "s", start }, NEVER),
      "ITER",
    );
  }
  t.match(
    server.requests.map(({ body }) => decodeCbor(body)),
    [
      { ShardIteratorType: "TRIM_HORIZON", ShardId: "s" },
      { ShardIteratorType: "AT_TIMESTAMP", Timestamp: 1_451_606_400_123 },
      {
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber: "495",
      },
    ],
  );
  t.match(JSON.parse(String(jsonServer.requests[1]?.body)), {
    Timestamp: 1_451_606_400.123,
  });
});

t.test(
  "GetRecordsClient.getShardIterator() refuses an answer without one",
  async (t) => {
    let body = "{}";
    const { client } = await setUp(t, () => ({ body }), { encoding: "json" });
    const request = { shardId: "s", start: { type: "trim_horizon" } } as const;
    for (body of ["{}", "", "<html>", '{"ShardIterator":""}', "null"]) {
      await t.rejects(
        client.getShardIterator(request, NEVER),
        GarbledAnswerError,
        body,
      );
    }
  },
);

t.test(
  "GetRecordsClient puts chunked answers of any size together",
  async (t) => {
    const large = answer({
      records: records(
        Array.from({ length: 500 }, (_, index) => index + 1),
        Buffer.alloc(1_000, 0x61),
      ),
    });
    const encoded = toCbor(large);
    const { read, buffers } = await setUp(t, (_, response) => {
      // Without a length: the buffer has to grow.
      response.writeHead(200, { "content-type": CBOR });
      for (let at = 0; at < encoded.length; at += 40_000) {
        response.write(encoded.subarray(at, at + 40_000));
      }
      response.end();
      return undefined;
    });
    t.same(await read(), large);
    t.ok(buffers.spareBytes >= encoded.length);
  },
);

t.test(
  "GetRecordsClient speaks JSON from the first JSON answer on",
  async (t) => {
    const { server, client, read } = await setUp(t, () => ({
      body: toJson(MODEL),
    }));
    t.same(await read(), MODEL);
    t.same(await read(), MODEL);
    t.same(
      server.requests.map(({ headers }) => headers["content-type"]),
      [CBOR, "application/x-amz-json-1.1"],
    );
    t.equal(client.encoding, "json");
  },
);

t.test(
  "GetRecordsClient falls back to JSON when CBOR is refused",
  async (t) => {
    for (const first of [
      refused(400, "SerializationException"),
      refused(500, "InternalFailure"),
      { status: 415 },
      { status: 404, body: "<html>" },
    ]) {
      const { server, client, read } = await setUp(t, ({ headers }) =>
        headers["content-type"] === CBOR ? first : { body: toJson(MODEL) },
      );
      t.same(await read(), MODEL);
      t.equal(client.encoding, "json");
      await read();
      t.equal(server.requests.length, 3, "it is remembered");
    }
  },
);

t.test("GetRecordsClient keeps to CBOR once it was understood", async (t) => {
  let isBroken = false;
  const { server, client, read } = await setUp(t, () =>
    isBroken
      ? refused(500, "InternalFailure")
      : { type: CBOR, body: toCbor(MODEL) },
  );
  await read();
  isBroken = true;
  await t.rejects(read(), {
    message: "InternalFailure: no",
    kind: "transient",
  });
  isBroken = false;
  await read();
  t.equal(client.encoding, "cbor");
  t.equal(server.requests.length, 3);
});

t.test("GetRecordsClient tells refusals apart", async (t) => {
  let next = refused(400, "X");
  const { read, buffers } = await setUp(t, () => next, { encoding: "json" });
  for (const [status, code, kind] of [
    [400, "ProvisionedThroughputExceededException", "throttled"],
    [400, "com.amazonaws.kinesis#ExpiredIteratorException", "expired_iterator"],
    [400, "InvalidArgumentException", "bad_argument"],
    [500, "InternalFailure", "transient"],
    [503, "", "transient"],
  ] as const) {
    next = refused(status, code);
    await t.rejects(read(), { name: "KinesisRequestError", kind });
  }
  for (const [status, code, expected] of [
    [400, "ResourceNotFoundException", "FD_STREAM"],
    [400, "AccessDeniedException", "FD_CREDENTIALS"],
    [403, "", "FD_CREDENTIALS"],
    [400, "KMSDisabledException", "FD_SERVICE"],
  ] as const) {
    next = refused(status, code, "the reason");
    await t.rejects(read(), {
      name: "FlagdropError",
      code: expected,
      message:
        /taxi" at http:\/\/127\.0\.0\.1:\d+ as the service refused \(.*the reason\): /,
    });
  }
  next = {
    status: 400,
    headers: { "x-amzn-errortype": "ExpiredIteratorException:http://x/" },
  };
  await t.rejects(read(), { message: /HTTP/, kind: "expired_iterator" });
  next = {
    status: 400,
    type: CBOR,
    // {"__type": "LimitExceededException", "message": "m"}
    body: Buffer.concat([
      Buffer.from("a2665f5f7479706576", "hex"),
      Buffer.from("LimitExceededException"),
      Buffer.from("676d657373616765616d", "hex"),
    ]),
  };
  await t.rejects(read(), { message: /: m$/, kind: "throttled" });
  next = { body: "{" };
  await t.rejects(read(), GarbledAnswerError);
  t.ok(buffers.spareBytes > 0);
});

t.test(
  "GetRecordsClient repairs an expired token and repeats once",
  async (t) => {
    const { server, read, signing, failures } = await setUp(
      t,
      ({ headers }) =>
        String(headers["authorization"]).includes("Credential=NEW/")
          ? { type: CBOR, body: toCbor(MODEL) }
          : refused(400, "ExpiredTokenException", "it is old"),
      {
        repairSigning: async (failure) => {
          failures.push(failure);
          // Until the other two have been refused as well.
          while (server.requests.length < 3) await settle();
          for (let round = 0; round < 20; round++) await settle();
          signing.credentials = { ...credentials("NEW"), sessionToken: "tok" };
        },
      },
    );
    t.same(await Promise.all([read(), read(), read()]), [MODEL, MODEL, MODEL]);
    t.equal(failures.length, 1, "requests in flight share the repair");
    t.match(failures, [{ kind: "credentials", message: /it is old/ }]);
    t.equal(server.requests.at(-1)?.headers["x-amz-security-token"], "tok");
  },
);

t.test(
  "GetRecordsClient repairs a skewed clock by the service's date",
  async (t) => {
    const aheadMs = 3_600_000;
    const { read, signing, failures } = await setUp(
      t,
      ({ headers }) => {
        const date = String(headers["x-amz-date"]);
        const signedMs = Date.parse(
          date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"),
        );
        return Math.abs(signedMs - Date.now() - aheadMs) < 60_000
          ? { type: CBOR, body: toCbor(MODEL) }
          : {
              // Only the date tells that it isn't the key's fault.
              ...refused(400, "InvalidSignatureException"),
              headers: { date: new Date(Date.now() + aheadMs).toUTCString() },
            };
      },
      {
        repairSigning: async (failure) => {
          failures.push(failure);
          signing.clockSkewMs = failure.serverMs - Date.now();
        },
      },
    );
    t.same(await read(), MODEL);
    t.match(failures, [{ kind: "clock" }]);
  },
);

t.test("GetRecordsClient gives up when the repair doesn't help", async (t) => {
  const { server, read } = await setUp(t, () =>
    refused(400, "UnrecognizedClientException", "who is that"),
  );
  await t.rejects(read(), {
    code: "FD_CREDENTIALS",
    message:
      /UnrecognizedClientException: who is that.*check the AWS credentials/,
  });
  t.equal(server.requests.length, 2);
});

t.test("GetRecordsClient gives up when there is no repair", async (t) => {
  const { read } = await setUp(t, () => refused(400, "ExpiredTokenException"), {
    repairSigning: async () => {
      throw new Error("nobody knows");
    },
  });
  await t.rejects(read(), { message: "nobody knows" });
});

t.test(
  "GetRecordsClient stops waiting for a repair when aborted",
  async (t) => {
    const stopping = new AbortController();
    const { read } = await setUp(
      t,
      () => refused(400, "ExpiredTokenException"),
      {
        repairSigning: () => {
          stopping.abort();
          return new Promise(() => {});
        },
      },
    );
    await t.rejects(read(stopping.signal), { message: "stopped" });
  },
);

t.test("GetRecordsClient cuts a request off when aborted", async (t) => {
  const stopping = new AbortController();
  let hasClosed: Promise<unknown> = Promise.resolve();
  const { read, buffers } = await setUp(t, (_, response) => {
    hasClosed = new Promise((resolve) => {
      response.on("close", resolve);
    });
    response.writeHead(200, {
      "content-type": CBOR,
      "content-length": "1000",
    });
    response.write("x");
    setImmediate(() => stopping.abort());
    return undefined;
  });
  await t.rejects(read(stopping.signal), {
    kind: "transient",
    message: "stopped",
  });
  await hasClosed;
  await t.rejects(read(stopping.signal), { message: "stopped" });
  t.ok(buffers.spareBytes >= 0);
});

t.test(
  "GetRecordsClient gives a silent service up after its deadline",
  async (t) => {
    const clock = new TurnedClock();
    let arrived: (() => void) | undefined;
    const isThere = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { read } = await setUp(
      t,
      () => {
        arrived?.();
        return undefined;
      },
      { clock },
    );
    const rejects = t.rejects(read(), {
      kind: "transient",
      message: "no answer within 20000 ms",
    });
    await isThere;
    await clock.advance(20_000);
    await rejects;
    t.equal(clock.sleeping, 0);
  },
);

t.test("GetRecordsClient calls a cut answer transient", async (t) => {
  const { read } = await setUp(t, (_, response) => {
    response.writeHead(200, {
      "content-type": CBOR,
      "content-length": "1000",
    });
    response.write("x");
    setImmediate(() => response.destroy());
    return undefined;
  });
  await t.rejects(read(), { message: /closed/, kind: "transient" });
});

t.test("GetRecordsClient refuses an answer that is too large", async (t) => {
  const { read } = await setUp(t, (_, response) => {
    response.writeHead(200, {
      "content-type": CBOR,
      "content-length": String(65 * 1024 * 1024),
    });
    response.write("x");
    return undefined;
  });
  await t.rejects(read(), {
    kind: "transient",
    message: "the answer is larger than 67108864 bytes",
  });
});

t.test("GetRecordsClient calls an unreachable service transient", async (t) => {
  const server = await startServer(() => ({}));
  const { endpoint } = server;
  await server.close();
  const poster = openPoster({ endpoint, caPem: "" });
  t.teardown(() => poster.close());
  const client = new GetRecordsClient({
    endpoint,
    region: "us-east-1",
    streamArn: STREAM_ARN,
    poster,
    signing: { credentials: credentials(), clockSkewMs: 0 },
    repairSigning: async () => {},
    clock: systemClock,
  });
  await t.rejects(client.getRecords(GET, NEVER), {
    kind: "transient",
    message: /ECONNREFUSED/,
  });
});

/**
 * The local Kinesis as its clients see it: over HTTP, in both encodings and
 * both protocol versions, with signed requests.
 */
import { connect } from "node:net";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import t from "tap";
import { request } from "undici";
import { startLocalKinesis } from "../../../engine/local_kinesis/mod.ts";
import { LOCAL_PAIR, TestKinesis } from "./test_kinesis.ts";

const STREAMS = [{ name: "taxi", shardCount: 2 }];

t.test("the AWS SDK works with its defaults", async (t) => {
  const server = await startLocalKinesis({ credentials: LOCAL_PAIR });
  t.teardown(() => server.close());
  const client = new KinesisClient({
    endpoint: server.url,
    region: "us-east-1",
    credentials: LOCAL_PAIR,
  });
  t.teardown(() => client.destroy());
  await client.send(
    new CreateStreamCommand({ StreamName: "sdk", ShardCount: 1 }),
  );
  const { StreamDescriptionSummary: summary } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: "sdk" }),
  );
  t.equal(summary?.StreamStatus, "ACTIVE");
  t.ok(
    Math.abs(Number(summary?.StreamCreationTimestamp) - Date.now()) < 60_000,
  );
  const { Shards } = await client.send(
    new ListShardsCommand({ StreamARN: summary?.StreamARN }),
  );
  t.equal(Shards?.length, 1);
  const data = Buffer.alloc(100_000, "é");
  await client.send(
    new PutRecordsCommand({
      StreamName: "sdk",
      Records: [{ Data: data, PartitionKey: "clé" }],
    }),
  );
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: "sdk",
      ShardId: Shards?.[0]?.ShardId,
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: summary?.StreamCreationTimestamp,
    }),
  );
  const { Records, MillisBehindLatest } = await client.send(
    new GetRecordsCommand({ ShardIterator }),
  );
  t.equal(MillisBehindLatest, 0);
  t.equal(Records?.length, 1);
  t.equal(Buffer.compare(Records?.[0]?.Data ?? Buffer.alloc(0), data), 0);
  t.equal(Records?.[0]?.PartitionKey, "clé");
  await t.rejects(client.send(new ListShardsCommand({ StreamName: "none" })), {
    name: "ResourceNotFoundException",
  });
});

t.test("CBOR and JSON give the same records", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const sizes = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 200_000];
  const keys = ["k", "k".repeat(23), "k".repeat(256), "é".repeat(200), "水"];
  const records = sizes.map((size, index) => ({
    Data: Buffer.alloc(size, index),
    PartitionKey: keys[index % keys.length] ?? "",
    ExplicitHashKey: "0",
  }));
  const cbor = { wire: "cbor" } as const;
  const put = await kinesis.ok(
    "PutRecords",
    { StreamName: "taxi", Records: records },
    cbor,
  );
  t.equal(put["FailedRecordCount"], 0);
  const ShardIterator = await kinesis.iterator("taxi");
  const inCbor = await kinesis.ok("GetRecords", { ShardIterator }, cbor);
  const inJson = await kinesis.ok("GetRecords", { ShardIterator });
  t.equal(inCbor["Records"].length, records.length);
  for (const [index, record] of records.entries()) {
    const one = inCbor["Records"][index];
    const other = inJson["Records"][index];
    t.same(one.Data, record.Data);
    t.equal(other.Data, record.Data.toString("base64"));
    t.equal(one.PartitionKey, record.PartitionKey);
    t.equal(other.PartitionKey, record.PartitionKey);
    t.equal(one.SequenceNumber, put["Records"][index].SequenceNumber);
    t.equal(other.SequenceNumber, one.SequenceNumber);
    t.equal(one.ApproximateArrivalTimestamp, kinesis.clock.nowMs());
    t.equal(other.ApproximateArrivalTimestamp, kinesis.clock.nowMs() / 1_000);
  }
});

t.test("requests in chunks and over one connection are answered", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const { port } = kinesis.server;
  const socket = connect(port, "127.0.0.1");
  t.teardown(async () => socket.destroy());
  let seen = "";
  socket.on("data", (chunk) => {
    seen += chunk;
  });
  const until = async (text: string) => {
    while (!seen.includes(text)) {
      await new Promise((resolve) => socket.once("data", resolve));
    }
    seen = "";
  };
  // A letter at a time, so that the first bytes don't tell the protocol yet.
  for (const letter of "GET /hea") socket.write(letter);
  socket.write("lth HTTP/1.1\r\nhost: x\r\n\r\n");
  await until('{"status":"ok"}');
  socket.write(
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.1\r\n" +
      "x-amz-target: Kinesis_20131202.ListStreams\r\ntransfer-encoding: chunked\r\n\r\n" +
      "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
  );
  await until("MissingAuthenticationTokenException");
  t.pass();
});

t.test("GET /health needs no signature", async (t) => {
  const { server } = await TestKinesis.start(t);
  const { statusCode, body } = await request(`${server.url}/health`);
  t.equal(statusCode, 200);
  t.same(await body.json(), { status: "ok" });
});

t.test("what is no request of the API gets a 4xx", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const url = kinesis.server.url;
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"] as const) {
    const { statusCode, body } = await request(url, { method });
    t.equal(statusCode, 403, method);
    t.match(await body.text(), "AccessDeniedException");
  }
  const target = { "x-amz-target": "Kinesis_20131202.ListStreams" };
  const json = { "content-type": "application/x-amz-json-1.1" };
  const text = await kinesis.post(
    { ...target, "content-type": "text/plain" },
    Buffer.from("{}"),
  );
  t.equal(text.status, 404);
  for (const unknown of [
    {},
    { "x-amz-target": "Kinesis_20131202.Nothing" },
    { "x-amz-target": "Kinesis_20131202.constructor" },
    { "x-amz-target": "DynamoDB_20120810.ListTables" },
  ]) {
    const reply = await kinesis.post(
      { ...json, ...unknown },
      Buffer.from("{}"),
    );
    t.equal(reply.status, 400);
    t.equal(reply.body["__type"], "UnknownOperationException");
  }
  t.equal((await kinesis.call("ListStreams", {})).status, 200);
});

t.test("a body that can't be read gets a SerializationException", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const cases = [
    ["json", ""],
    ["json", "{"],
    ["json", "[]"],
    ["json", "null"],
    ["json", "\xff"],
    ["cbor", ""],
    ["cbor", "\xa1\x61"],
    ["cbor", "\x80"],
    ["cbor", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"],
  ] as const;
  for (const operation of ["PutRecords", "GetRecords", "ListStreams"]) {
    for (const [wire, text] of cases) {
      const rawBody = Buffer.from(text, "latin1");
      const refusal = await kinesis.refusal(operation, {}, { wire, rawBody });
      t.equal(refusal.type, "SerializationException", `${operation} ${text}`);
      t.equal(refusal.status, 400);
    }
  }
});

t.test("a body that is too large gets a 413", async (t) => {
  const kinesis = await TestKinesis.start(t);
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Kinesis_20131202.PutRecords",
  };
  const reply = await kinesis.post(headers, Buffer.alloc(17 * 1024 * 1024));
  t.equal(reply.status, 413);
  t.equal(reply.body["__type"], "RequestEntityTooLargeException");
  const socket = connect(kinesis.server.port, "127.0.0.1");
  t.teardown(async () => socket.destroy());
  socket.write(
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.1\r\n" +
      "transfer-encoding: chunked\r\n\r\n",
  );
  const piece = Buffer.concat([
    Buffer.from("100000\r\n"),
    Buffer.alloc(0x100000, "x"),
    Buffer.from("\r\n"),
  ]);
  socket.on("error", () => {});
  for (let count = 0; count < 18; count++) socket.write(piece);
  const [answer] = await new Promise<[Buffer]>((resolve) =>
    socket.once("data", (chunk: Buffer) => resolve([chunk])),
  );
  t.match(answer.toString(), /^HTTP\/1.1 413 /);
  t.equal((await kinesis.call("ListStreams", {})).status, 200);
});

t.test("rubbish on the wire ends its own connection only", async (t) => {
  const kinesis = await TestKinesis.start(t);
  for (const rubbish of [
    "\x16\x03\x01\x02\x00\x01\x00",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish rubbish rubbish",
    "PRI * HTTP/3.0\r\n\r\n",
    "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
  ]) {
    const socket = connect(kinesis.server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.write(Buffer.from(rubbish, "latin1"));
    await new Promise((resolve) => socket.once("close", resolve));
  }
  t.equal((await kinesis.call("ListStreams", {})).status, 200);
});

t.test("a client that goes away in its request is forgotten", async (t) => {
  const faults: string[] = [];
  const kinesis = await TestKinesis.start(t, {
    log: (line) => faults.push(line),
  });
  const socket = connect(kinesis.server.port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc");
  await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  await new Promise((resolve) => socket.once("close", resolve));
  t.equal((await kinesis.call("ListStreams", {})).status, 200);
  t.same(faults, []);
});

t.test("dropping records for want of memory is told once", async (t) => {
  const lines: string[] = [];
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    limits: false,
    memoryBytes: 64 * 1024 ** 2,
    log: (line) => lines.push(line),
  });
  const Records = Array.from({ length: 9 }, (_, index) => ({
    Data: Buffer.alloc(1_000_000),
    PartitionKey: String(index),
  }));
  for (let call = 0; call < 12; call++) {
    const input = { StreamName: "taxi", Records };
    await kinesis.ok("PutRecords", input, { wire: "cbor" });
  }
  const { recordsTrimmed, memoryBytes } = kinesis.server.stats();
  t.ok(recordsTrimmed > 30);
  t.ok(memoryBytes <= 64 * 1024 ** 2);
  t.equal(lines.length, 1);
  t.match(lines[0], /the oldest are dropped for new ones; .* --memory$/);
});

t.test("the environment's key pair is the only one accepted", async (t) => {
  const { env } = process;
  t.teardown(() => {
    process.env = env;
  });
  process.env = {
    ...env,
    AWS_ACCESS_KEY_ID: "AKIDOWN",
    AWS_SECRET_ACCESS_KEY: "s3cret",
  };
  const server = await startLocalKinesis();
  t.teardown(() => server.close());
  process.env = { ...env, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
  const open = await startLocalKinesis();
  t.teardown(() => open.close());
  const names = async (endpoint: string, secretAccessKey: string) => {
    const client = new KinesisClient({
      endpoint,
      region: "us-east-1",
      maxAttempts: 1,
      credentials: { accessKeyId: "AKIDOWN", secretAccessKey },
    });
    t.teardown(() => client.destroy());
    return await client.send(new ListStreamsCommand({}));
  };
  await names(server.url, "s3cret");
  await t.rejects(names(server.url, "other"), {
    name: "InvalidSignatureException",
  });
  await names(open.url, "any secret");
});

t.test("startLocalKinesis() refuses options out of range", async (t) => {
  for (const options of [
    { port: -1 },
    { memoryBytes: 1 },
    { iteratorLifeMs: 0 },
    { recordBytesMax: 11 * 1024 * 1024 },
    { accountId: "1" },
    { streams: [{ name: "a b", shardCount: 1 }] },
    { streams: [{ name: "a", shardCount: 501 }] },
    {
      streams: [
        { name: "a", shardCount: 1 },
        { name: "a", shardCount: 1 },
      ],
    },
  ]) {
    await t.rejects(startLocalKinesis(options), RangeError);
  }
});

t.test("startLocalKinesis() says when its port is taken", async (t) => {
  const { server } = await TestKinesis.start(t);
  await t.rejects(startLocalKinesis({ port: server.port }), {
    code: "FD_NETWORK",
    message: /choose another --port/,
  });
});

t.test("close() ends connections and frees the port", async (t) => {
  const server = await startLocalKinesis({ credentials: "any" });
  const socket = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  await server.close();
  await closed;
  const again = await startLocalKinesis({ port: server.port });
  await again.close();
  t.pass();
});

/** HTTP/2 without TLS on the same port: many streams, large and refused bodies. */
import { type ClientHttp2Session, connect } from "node:http2";
import t from "tap";
import { signedHeaders } from "../../../../engine/aws/signer.ts";
import { LOCAL_PAIR, TestKinesis } from "../test_kinesis.ts";

const MIB = 1024 ** 2;

interface Teardown {
  teardown(close: () => Promise<void>): void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function post(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/",
      ...headers,
    });
    let status = 0;
    let text = "";
    stream.on("response", (answer) => {
      status = Number(answer[":status"]);
    });
    stream.on("data", (chunk) => {
      text += chunk;
    });
    stream.on("error", reject);
    stream.on("close", () => {
      if (status > 0) resolve({ status, text });
      else reject(new Error("no answer"));
    });
    stream.end(body);
  });
}

/** A signed call whose host is HTTP/1.1's header, as other clients do it. */
function call(
  kinesis: TestKinesis,
  session: ClientHttp2Session,
  { operation, input }: { operation: string; input: object },
): Promise<Answer> {
  const body = Buffer.from(JSON.stringify(input));
  const headers = signedHeaders(
    {
      method: "POST",
      url: new URL(kinesis.server.url),
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `Kinesis_20131202.${operation}`,
      },
      body,
    },
    {
      service: "kinesis",
      region: "us-east-1",
      credentials: {
        ...LOCAL_PAIR,
        sessionToken: "",
        expiresAtMs: Number.POSITIVE_INFINITY,
      },
      clockSkewMs: 0,
      nowMs: kinesis.clock.nowMs(),
    },
  );
  const { host: _, ...rest } = headers;
  return post(session, rest, body);
}

async function open(t: Teardown, kinesis: TestKinesis) {
  // Node's client counts what it sends against this too.
  const session = connect(kinesis.server.url, { maxSessionMemory: 100 });
  session.on("error", () => {});
  t.teardown(
    () => new Promise<void>((resolve) => session.close(() => resolve())),
  );
  return session;
}

t.test("requests on one HTTP/2 connection are answered", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
    limits: false,
  });
  const session = await open(t, kinesis);
  const Data = Buffer.alloc(MIB - 1).toString("base64");
  const put = {
    operation: "PutRecords",
    input: {
      StreamName: "taxi",
      Records: Array.from({ length: 9 }, () => ({ Data, PartitionKey: "k" })),
    },
  };
  const answers = await Promise.all([
    call(kinesis, session, put),
    ...Array.from({ length: 40 }, () =>
      call(kinesis, session, { operation: "ListStreams", input: {} }),
    ),
  ]);
  for (const { status, text } of answers) t.equal(status, 200, text);
  const { ShardIterator } = JSON.parse(
    (
      await call(kinesis, session, {
        operation: "GetShardIterator",
        input: {
          StreamName: "taxi",
          ShardId: "shardId-000000000000",
          ShardIteratorType: "TRIM_HORIZON",
        },
      })
    ).text,
  );
  const { status, text } = await call(kinesis, session, {
    operation: "GetRecords",
    input: { ShardIterator },
  });
  t.equal(status, 200);
  t.equal(JSON.parse(text).Records.length, 9);
});

t.test("a refused body ends its stream, not the connection", async (t) => {
  const kinesis = await TestKinesis.start(t);
  const session = await open(t, kinesis);
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Kinesis_20131202.PutRecords",
  };
  const large = await post(session, headers, Buffer.alloc(17 * MIB));
  t.equal(large.status, 413);
  t.match(large.text, "RequestEntityTooLargeException");
  const unsigned = await post(session, headers, Buffer.from("{}"));
  t.equal(unsigned.status, 400);
  t.match(unsigned.text, "MissingAuthenticationTokenException");
});

/** What workers are started with, with and without a consumer. */
import { pino } from "pino";
import t from "tap";
import { streamReading } from "../../../engine/coordinator/stream_reading.ts";
import type { KinesisSource } from "../../../engine/source.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";

async function reading(source: Partial<KinesisSource>, endpoint: string) {
  const asked: unknown[] = [];
  const lines: string[] = [];
  const found = await streamReading({
    source: {
      type: "kinesis",
      connection: {
        region: "us-east-1",
        endpoint,
        caPem: "",
        credentials: testCredentialsSource(),
      },
      stream: "taxi",
      from: { type: "latest" },
      untilEnd: false,
      readsPerSecond: 5,
      kplOutOfRange: "skip",
      ...source,
    } as KinesisSource,
    streamArn: ARN,
    log: pino({}, { write: (line) => lines.push(line) }),
    controlPlane: {
      describeStream: async () => Promise.reject(new Error("not asked for")),
      listShards: async () => [],
      registerConsumer: async (_, { consumer, streamArn }) => {
        asked.push([consumer, streamArn]);
        return `${streamArn}/consumer/${consumer}:1`;
      },
    },
  });
  return { found, asked, lines };
}

t.test("without a consumer none is registered", async (t) => {
  const { found, asked } = await reading({}, "http://127.0.0.1:1");
  t.equal(found.consumerArn, "");
  t.same(asked, []);
});

t.test("a consumer is registered and handed on", async (t) => {
  const { found, asked, lines } = await reading(
    { consumer: "tally" },
    "http://127.0.0.1:1",
  );
  t.equal(found.consumerArn, `${ARN}/consumer/tally:1`);
  t.same(asked, [["tally", ARN]]);
  t.same(lines, []);
});

t.test("that a proxy is passed by is said", async (t) => {
  const before = process.env["HTTPS_PROXY"];
  process.env["HTTPS_PROXY"] = "http://proxy.example:3128";
  t.teardown(() => {
    if (before === undefined) delete process.env["HTTPS_PROXY"];
    else process.env["HTTPS_PROXY"] = before;
  });
  const { lines } = await reading(
    { consumer: "tally" },
    "https://kinesis.us-east-1.amazonaws.com",
  );
  t.match(lines.join(), /not through the proxy/);
});

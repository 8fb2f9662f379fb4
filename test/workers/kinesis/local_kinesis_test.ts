/**
 * Goal: control plane, client and reader read what was put into the local
 * Kinesis, in CBOR and in JSON. Method: a real server on loopback, real time;
 * the test waits for answers, never for the clock.
 */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import t, { type Test } from "tap";
import type { AwsConnection } from "../../../engine/aws/connection.ts";
import { credentialsSource } from "../../../engine/aws/credentials.ts";
import { createDispatcher } from "../../../engine/aws/dispatcher.ts";
import { quietSdk } from "../../../engine/aws/quiet_sdk.ts";
import { sdkHttpHandler } from "../../../engine/aws/sdk_http_handler.ts";
import { systemClock } from "../../../engine/clock.ts";
import {
  describeStream,
  listShards,
} from "../../../engine/kinesis/control_plane.ts";
import type { KinesisShard } from "../../../engine/kinesis/shard.ts";
import {
  type LocalKinesisOptions,
  startLocalKinesis,
} from "../../../engine/local_kinesis/mod.ts";
import { GetRecordsClient } from "../../../workers/kinesis/get_records_client.ts";
import type { HttpPoster } from "../../../workers/kinesis/http_post.ts";
import { openPoster } from "../../../workers/kinesis/open_poster.ts";
import { ShardReader } from "../../../workers/kinesis/shard_reader.ts";
import { aggregated } from "../../engine/kinesis/aggregated.ts";

const RECORDS_PER_CALL = 500;

async function setUp(t: Test, options: Partial<LocalKinesisOptions> = {}) {
  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount: 4 }],
    limits: false,
    credentials: "any",
    ...options,
  });
  const endpoint = kinesis.url;
  const region = "us-east-1";
  const connection: AwsConnection = {
    region,
    endpoint,
    caPem: "",
    credentials: credentialsSource({ region, endpoint }),
  };
  const dispatcher = createDispatcher(connection);
  const poster = openPoster(connection);
  quietSdk();
  const sdk = await import("@aws-sdk/client-kinesis");
  const client: KinesisClient = new sdk.KinesisClient({
    region,
    endpoint,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: sdkHttpHandler(dispatcher),
  });
  t.teardown(async () => {
    await poster.close();
    await dispatcher.destroy();
    await kinesis.close();
  });
  const put = async (datas: readonly Buffer[]) => {
    for (let at = 0; at < datas.length; at += RECORDS_PER_CALL) {
      const answer = await client.send(
        new sdk.PutRecordsCommand({
          StreamName: "taxi",
          Records: datas
            .slice(at, at + RECORDS_PER_CALL)
            .map((Data, index) => ({
              Data,
              PartitionKey: `key-${at + index}`,
            })),
        }),
      );
      t.equal(answer.FailedRecordCount ?? 0, 0);
    }
  };
  return { connection, poster, put };
}

interface Reading {
  readonly connection: AwsConnection;
  readonly poster: HttpPoster;
  readonly encoding: "cbor" | "json";
}

/** Reads a shard to its tip; gives its texts, and its last position. */
async function readToTip(
  shard: KinesisShard,
  streamArn: string,
  { connection, poster, encoding }: Reading,
) {
  const texts: string[] = [];
  const arrivals: number[] = [];
  let position = "";
  const client = new GetRecordsClient({
    endpoint: connection.endpoint,
    region: connection.region,
    streamArn,
    poster,
    signing: {
      credentials: await connection.credentials.current(),
      clockSkewMs: 0,
    },
    repairSigning: async () => {
      throw new Error("the signature was refused");
    },
    clock: systemClock,
    encoding,
  });
  const stopping = new AbortController();
  const reader = new ShardReader(
    { ...shard, start: { type: "trim_horizon" } },
    {
      transport: client,
      clock: systemClock,
      random: Math.random,
      readsPerSecond: 200,
      // Some answers for each shard.
      bytesBudget: () => 100_000,
      onTrouble: ({ message }) => t.fail(message),
      onAnswer: (_, answer, batch) => {
        batch?.takeApart?.(0);
        for (let index = 0; index < (batch?.count ?? 0); index++) {
          texts.push(
            batch?.bytes.toString(
              "utf8",
              batch.starts[index],
              batch.ends[index],
            ) ?? "",
          );
          arrivals.push(batch?.arrivalMs[batch.records[index] ?? 0] ?? 0);
        }
        if (answer.sequenceNumber !== "") position = answer.sequenceNumber;
        if (batch === undefined && answer.millisBehindLatest === 0) {
          stopping.abort();
        }
      },
    },
  );
  await reader.run(stopping.signal);
  t.equal(client.encoding, encoding);
  return { texts, arrivals, position };
}

t.test("ShardReader reads the local Kinesis in CBOR and JSON", async (t) => {
  const { connection, poster, put } = await setUp(t);
  const expected = Array.from(
    { length: 3_000 },
    (_, index) => `{"index":${index},"text":"é漢😀"}\n`,
  );
  const startedMs = Date.now();
  await put(expected.map((text) => Buffer.from(text)));
  const { streamArn, openShardCount } = await describeStream(
    connection,
    "taxi",
  );
  t.equal(openShardCount, 4);
  const shards = await listShards(connection, streamArn);
  t.equal(shards.length, 4);
  for (const encoding of ["cbor", "json"] as const) {
    const reads = await Promise.all(
      shards.map((shard) =>
        readToTip(shard, streamArn, { connection, poster, encoding }),
      ),
    );
    t.ok(reads.every(({ texts }) => texts.length > 100));
    t.ok(reads.every(({ position }) => /^\d+$/.test(position)));
    t.same(reads.flatMap(({ texts }) => texts).sort(), expected.toSorted());
    const arrivals = reads.flatMap((read) => read.arrivals);
    t.ok(arrivals.every((ms) => ms >= startedMs - 1_000 && ms <= Date.now()));
  }
});

t.test(
  "ShardReader renews iterators of the local Kinesis that expire",
  async (t) => {
    // Each iterator is too old by the time that it is used.
    const { connection, poster, put } = await setUp(t, {
      streams: [{ name: "taxi", shardCount: 1 }],
      iteratorLifeMs: 25,
    });
    const expected = Array.from({ length: 700 }, (_, index) => `${index}`);
    await put(expected.map((text) => Buffer.from(text.padStart(1_000))));
    const [shard] = await listShards(connection, "taxi");
    if (shard === undefined) throw new Error("no shard");
    const { streamArn } = await describeStream(connection, "taxi");
    const texts: string[] = [];
    const stopping = new AbortController();
    const transport = new GetRecordsClient({
      endpoint: connection.endpoint,
      region: connection.region,
      streamArn,
      poster,
      signing: {
        credentials: await connection.credentials.current(),
        clockSkewMs: 0,
      },
      repairSigning: async () => {},
      clock: systemClock,
    });
    let iterators = 0;
    const reader = new ShardReader(
      { ...shard, start: { type: "trim_horizon" } },
      {
        transport: {
          getRecords: (request, signal) =>
            transport.getRecords(request, signal),
          getShardIterator: (request, signal) => {
            iterators++;
            return transport.getShardIterator(request, signal);
          },
        },
        clock: systemClock,
        random: () => 0,
        readsPerSecond: 20,
        bytesBudget: () => 200_000,
        onTrouble: () => {},
        onAnswer: (_, __, batch) => {
          batch?.takeApart?.(0);
          for (let index = 0; index < (batch?.count ?? 0); index++) {
            texts.push(
              batch?.bytes
                .toString("utf8", batch.starts[index], batch.ends[index])
                .trim() ?? "",
            );
          }
          if (texts.length >= expected.length) stopping.abort();
        },
      },
    );
    await reader.run(stopping.signal);
    t.same(texts, expected, "nothing lost, nothing doubled");
    t.ok(iterators > 2, `${iterators} iterators`);
  },
);

t.test(
  "ShardReader takes aggregated records of the local Kinesis apart",
  async (t) => {
    const { connection, poster, put } = await setUp(t, {
      streams: [{ name: "taxi", shardCount: 1 }],
    });
    await put([
      aggregated({
        partitionKeys: ["a"],
        explicitHashKeys: [],
        records: ["one", "two"].map((text) => ({
          data: Buffer.from(text),
          key: 0,
        })),
      }),
      Buffer.from("three"),
    ]);
    const [shard] = await listShards(connection, "taxi");
    if (shard === undefined) throw new Error("no shard");
    const { streamArn } = await describeStream(connection, "taxi");
    for (const encoding of ["cbor", "json"] as const) {
      const { texts } = await readToTip(shard, streamArn, {
        connection,
        poster,
        encoding,
      });
      t.same(texts, ["one", "two", "three"]);
    }
  },
);

t.test(
  "describeStream() and a client are refused for a stream that isn't there",
  async (t) => {
    const { connection, poster } = await setUp(t);
    await t.rejects(describeStream(connection, "bus"), {
      code: "FD_STREAM",
      message: /^Cannot find stream "bus" in us-east-1 at http:/,
    });
    const client = new GetRecordsClient({
      endpoint: connection.endpoint,
      region: connection.region,
      streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/bus",
      poster,
      signing: {
        credentials: await connection.credentials.current(),
        clockSkewMs: 0,
      },
      repairSigning: async () => {},
      clock: systemClock,
    });
    await t.rejects(
      client.getShardIterator(
        { shardId: "shardId-000000000000", start: { type: "trim_horizon" } },
        new AbortController().signal,
      ),
      { code: "FD_STREAM" },
    );
  },
);

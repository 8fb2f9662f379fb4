/**
 * Replay from an S3 that is not ours, moto's, of files that are packed by
 * Python: the format of the public bucket, 16 parts of framed snappy. Not a
 * part of `npm test`, as it installs Python packages; `.ci/run` calls it.
 */
import {
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import t, { type Test } from "tap";
import { quietSdk } from "../../engine/aws/quiet_sdk.ts";
import { TripGenerator } from "../../engine/replay/generator.ts";
import { openSource } from "../../engine/replay/open_source.ts";
import { s3Inputs } from "../../engine/replay/source/s3_inputs.ts";
import { flagdrop } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { readAll } from "../engine/replay/read_all.ts";
import { testCredentialsSource } from "../helpers/credentials.ts";
import { installCodecs, python } from "../real_codecs/python_codecs.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { startMoto } from "./moto_server.ts";

t.setTimeout(900_000);
quietSdk();

const BUCKET = "trips";
const PREFIX = "artifacts/flink-refarch/data/";
const PARTS = 16;
const PART_EVENTS = 3_000;
const EVENTS = PARTS * PART_EVENTS;

await installCodecs();
const endpoint = await startMoto(t, BUCKET);
const client = new S3Client({
  region: "us-east-1",
  endpoint,
  forcePathStyle: true,
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
});
t.teardown(() => client.destroy());

const { bytes, starts, ends } = new TripGenerator({ seed: 5 }).next(EVENTS);
const lines = bytes.subarray(0, ends[EVENTS - 1]);

function part(index: number): Buffer {
  const [first, last] = [index * PART_EVENTS, (index + 1) * PART_EVENTS - 1];
  return bytes.subarray(starts[first], ends[last]);
}

async function put(
  key: string,
  body: Buffer,
  acl: "public-read" | "private" = "public-read",
): Promise<void> {
  const object = { Bucket: BUCKET, Key: key, Body: body, ACL: acl };
  await client.send(new PutObjectCommand(object));
}

async function putParts(prefix: string): Promise<void> {
  const scripts = [
    "import snappy; out = snappy.StreamCompressor().compress(data)",
    "import cramjam; out = cramjam.snappy.compress(data)",
  ];
  for (let i = 0; i < PARTS; i++) {
    const packed = await python(scripts[i % 2] ?? "", part(i));
    await put(`${prefix}part-${String(i).padStart(5, "0")}.snz`, packed);
  }
  await put(`${prefix}README.md`, Buffer.from("Trips.\n"));
}

interface Place {
  readonly at?: string;
  readonly prefix?: string;
  readonly isSigned?: boolean;
}

async function sourceAt(
  t: Test,
  { at = endpoint, prefix = PREFIX, isSigned = true }: Place,
) {
  const inputs = await s3Inputs({
    bucket: BUCKET,
    prefix,
    connection: {
      region: "us-east-1",
      endpoint: at,
      credentials: isSigned ? testCredentialsSource() : undefined,
      caPem: "",
    },
  });
  t.teardown(() => inputs.close());
  return { inputs, source: openSource(inputs) };
}

await putParts(PREFIX);

t.test("the 16 parts come whole, over connections that are cut", async (t) => {
  const proxy = await CuttingProxy.start(t, endpoint);
  const { source } = await sourceAt(t, { at: proxy.endpoint });
  // Far enough in that something was read, in headers, and at the very end.
  proxy.cuts = [60_000, 150, 200_000, 30_000, 1, 90_000, 123_456];
  const found: Buffer[] = [];
  for await (const chunk of source.read()) {
    const from = chunk.starts[0];
    found.push(chunk.bytes.subarray(from, chunk.ends[chunk.count - 1]));
  }
  t.ok(Buffer.concat(found).equals(lines), "every byte");
  t.equal(proxy.cutCount, 7);
  t.ok(proxy.signedCount > PARTS);
});

t.test("a public bucket is read without a signature", async (t) => {
  const proxy = await CuttingProxy.start(t, endpoint);
  const { source } = await sourceAt(t, {
    at: proxy.endpoint,
    isSigned: false,
  });
  let count = 0;
  for await (const chunk of source.read()) count += chunk.count;
  t.equal(count, EVENTS);
  t.equal(proxy.signedCount, 0);
});

t.test("one that is not public is refused without a signature", async (t) => {
  await put("private/1", part(0), "private");
  const place = { prefix: "private/", isSigned: false };
  const { source } = await sourceAt(t, place);
  await t.rejects(source.read().next(), {
    code: "FD_SOURCE",
    message: /access is denied without credentials/,
  });
});

t.test("lists of several pages are read in the order of keys", async (t) => {
  const keys = Array.from({ length: 1_100 }, (_, i) => `pages/${i}`);
  for (let i = 0; i < keys.length; i += 50) {
    await Promise.all(
      keys
        .slice(i, i + 50)
        .map((key) => put(key, part(0).subarray(0, ends[0]))),
    );
  }
  const { inputs } = await sourceAt(t, { prefix: "pages/" });
  t.strictSame(
    inputs.parts.map(({ name }) => name),
    keys.sort().map((key) => `s3://${BUCKET}/${key}`),
  );
});

t.test("an object that is deleted meanwhile is a clear error", async (t) => {
  await put("gone/1", part(0));
  await put("gone/2", part(1));
  const { source } = await sourceAt(t, { prefix: "gone/" });
  let count = 0;
  const reading = async () => {
    for await (const chunk of source.read()) {
      if (count === 0) {
        await client.send(
          new DeleteObjectCommand({ Bucket: BUCKET, Key: "gone/2" }),
        );
      }
      count += chunk.count;
    }
  };
  await t.rejects(reading(), {
    code: "FD_SOURCE",
    message: `Cannot read "s3://${BUCKET}/gone/2" as it was deleted while the replay ran: put it back and go on with --resume, or begin anew`,
  });
  t.equal(count, PART_EVENTS);
});

t.test("the command replays it, as it was spelled once", async (t) => {
  const proxy = await CuttingProxy.start(t, endpoint);
  proxy.cuts = [100_000];
  const kinesis = await LocalKinesis.start([
    "--stream",
    "taxi",
    "--shards",
    "1",
  ]);
  t.teardown(() => kinesis.stop());
  const seekMs = 1_451_606_400_000 + 3_600_000;
  const ended = await flagdrop([
    ...["replay", "-streamName", "taxi", "-bucketName", BUCKET],
    ...["-objectPrefix", PREFIX, "-noWatermark", "-speedup", "max"],
    ...["-seek", new Date(seekMs).toISOString(), "--no-pacing"],
    ...["--no-sign-request", "--s3-endpoint", proxy.endpoint],
    ...["--endpoint", kinesis.endpoint],
  ]);
  t.equal(ended.code, 0, ended.stderr);
  t.match(ended.stderr, /old spellings: -streamName is --stream/);
  t.equal(proxy.signedCount, 0);
  const [records = []] = await readAll(
    {
      region: "us-east-1",
      endpoint: kinesis.endpoint,
      credentials: testCredentialsSource(),
      caPem: "",
    },
    "taxi",
  );
  const expected = lines
    .toString()
    .trimEnd()
    .split("\n")
    .filter((line) => {
      const { dropoff_datetime } = JSON.parse(line) as Record<string, string>;
      return Date.parse(dropoff_datetime ?? "") >= seekMs;
    });
  t.ok(expected.length > 1_000 && expected.length < EVENTS);
  t.strictSame(
    records.map((record) => record.toString().trimEnd()),
    expected,
  );
});

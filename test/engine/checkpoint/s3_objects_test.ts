/**
 * Goal: a store in S3 behaves as one in a directory does. Method: an S3 in
 * memory over loopback HTTP; `.ci/run` does the same against a real one.
 */
import t from "tap";
import { LeasedStore } from "../../../engine/checkpoint/leased_store.ts";
import { parseS3Address } from "../../../engine/checkpoint/s3_address.ts";
import { S3Objects } from "../../../engine/checkpoint/s3_objects.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { leaseOptions } from "../../helpers/leases.ts";
import { MemoryS3 } from "../../helpers/memory_s3.ts";
import { objectStoreContract } from "../../helpers/object_store_contract.ts";

const fail = (error: unknown) => {
  throw error;
};

async function rig(t: { teardown(undo: () => unknown): void }, prefix = "a/b") {
  const s3 = await MemoryS3.start(t);
  const open = async () => {
    const address = { bucket: s3.bucket, prefix };
    const objects = await S3Objects.open(address, s3.connection);
    t.teardown(() => objects.close());
    return objects;
  };
  return { s3, open, objects: await open() };
}

t.test("parseS3Address() takes names apart", async (t) => {
  t.strictSame(parseS3Address("s3://my-bucket/a/b/"), {
    bucket: "my-bucket",
    prefix: "a/b",
  });
  t.strictSame(parseS3Address("s3://my-bucket"), {
    bucket: "my-bucket",
    prefix: "",
  });
  t.equal(parseS3Address("folder/s3"), undefined);
  t.throws(() => parseS3Address("s3:///x"), {
    code: "FD_OPTION",
    message: /write s3:\/\/BUCKET\/PREFIX/,
  });
});

t.test("S3Objects is a store", async (t) => {
  let count = 0;
  await objectStoreContract(t, async () => {
    const { s3, open } = await rig(t, count++ === 1 ? "" : "a/b");
    s3.objects.set("a/bc/other.fdc", Buffer.from(""));
    s3.objects.set("a/b/below/other.fdc", Buffer.from(""));
    return open;
  });
});

t.test("a checkpoint outlives a lost answer of S3", async (t) => {
  const { s3, objects } = await rig(t);
  const store = await LeasedStore.open(objects, leaseOptions("one"));
  s3.cutAnswerOf = "a/b/checkpoint-0000000001-1.fdc";
  await store.save(sampleCheckpoint(1));
  s3.cutAnswerOf = "a/b/head.json";
  await store.save(sampleCheckpoint(2));
  t.equal(s3.cutAnswerOf, "");
  t.equal((await store.load(fail))?.number, 2);
  await store.guard();
});

t.test("S3Objects mends credentials that are too old", async (t) => {
  const { s3, objects } = await rig(t);
  s3.refusals = [[400, "ExpiredToken"]];
  await objects.put("a", Buffer.from("a"));
  t.equal(s3.credentials.refreshes, 1);
});

t.test("S3Objects says in one line what is wrong", async (t) => {
  const { s3, objects } = await rig(t);
  s3.refusals = [[403, "AccessDenied"]];
  await t.rejects(objects.list(), {
    code: "FD_STORE",
    message:
      /Cannot read checkpoint store "s3:\/\/checkpoints\/a\/b" as access is denied: allow s3:ListBucket/,
  });
  const address = { bucket: "absent", prefix: "" };
  const absent = await S3Objects.open(address, s3.connection);
  await t.rejects(absent.readHead(), {
    message: /there is no bucket "absent"/,
  });
  await absent.close();
  const nowhere = await S3Objects.open(address, {
    ...s3.connection,
    endpoint: "http://127.0.0.1:1",
  });
  await t.rejects(nowhere.put("a", Buffer.from("a")), {
    message: /Cannot write to .* as the service can't be reached/,
  });
  await nowhere.close();
});

t.test("S3Objects refuses a service that ignores conditions", async (t) => {
  const { s3, objects } = await rig(t);
  s3.ignoresConditions = true;
  await t.rejects(LeasedStore.open(objects, leaseOptions("one")), {
    code: "FD_STORE",
    message: /ignores If-None-Match/,
  });
});

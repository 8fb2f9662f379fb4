/**
 * Objects as a source. Goal: their bytes come whole and in the order of keys,
 * whatever the connection does; what changes meanwhile is an error. Method: an
 * S3 in memory that cuts and refuses; moto's in test/real_s3.
 */
import { createHash } from "node:crypto";
import t, { type Test } from "tap";
import { type Clock, systemClock } from "../../../../engine/clock.ts";
import { openSource } from "../../../../engine/replay/open_source.ts";
import {
  parseS3Prefix,
  s3Inputs,
} from "../../../../engine/replay/source/s3_inputs.ts";
import { MemoryS3 } from "../../../helpers/memory_s3.ts";
import { readSource } from "./read_source.ts";

const EVENTS = 6_000;

function line(i: number): string {
  const time = new Date(Date.UTC(2016, 0, 1) + i * 1_000).toISOString();
  const hash = createHash("md5").update(String(i)).digest("hex");
  return `{"dropoff_datetime":"${time}","hash":"${hash.repeat(3)}"}\n`;
}

function lines(from: number, to: number): Buffer {
  const found = Array.from({ length: to - from }, (_, i) => line(from + i));
  return Buffer.from(found.join(""));
}

/** Notes waits instead of waiting. */
function hurriedClock() {
  const waits: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: async (durationMs) => {
      waits.push(durationMs);
    },
  };
  return { clock, waits };
}

async function bucket(t: Test) {
  const s3 = await MemoryS3.start(t);
  s3.objects.set("data/part-10", lines(4_000, EVENTS));
  s3.objects.set("data/part-2", Buffer.alloc(0));
  s3.objects.set("data/part-00", lines(0, 1_000));
  s3.objects.set("data/more/", Buffer.alloc(0));
  s3.objects.set("data/README.md", Buffer.from("Trips."));
  s3.objects.set("data/part-01", lines(1_000, 4_000));
  s3.objects.set("other/part-00", lines(0, 10));
  return s3;
}

async function opened(
  t: Test,
  s3: MemoryS3,
  { isSigned = true, prefix = "data/" } = {},
) {
  const { clock, waits } = hurriedClock();
  const { connection } = s3;
  const inputs = await s3Inputs({
    bucket: s3.bucket,
    prefix,
    connection: {
      ...connection,
      credentials: isSigned ? connection.credentials : undefined,
    },
    clock,
    random: () => 0.5,
  });
  t.teardown(() => inputs.close());
  return { inputs, waits, source: openSource(inputs) };
}

t.test("objects are read in the order of their keys", async (t) => {
  const s3 = await bucket(t);
  const { source, inputs } = await opened(t, s3);
  t.strictSame(
    inputs.parts.map(({ name }) => name.slice(-7)),
    ["part-00", "part-01", "part-10"],
  );
  const found = await readSource(source);
  t.equal(
    found.map((event) => event.line).join(""),
    lines(0, EVENTS).toString(),
  );
  t.equal(source.progress.readBytes, source.progress.totalBytes);
  t.equal(s3.signedRequests, s3.requests);
  t.equal(source.name, `s3://${s3.bucket}/data/`);
});

t.test("a public bucket is read without a signature", async (t) => {
  const s3 = await bucket(t);
  const { source } = await opened(t, s3, { isSigned: false });
  t.equal((await readSource(source)).length, EVENTS);
  t.equal(s3.signedRequests, 0);
});

t.test("large objects are asked for in pieces", async (t) => {
  const s3 = await MemoryS3.start(t);
  const bytes = Buffer.alloc(20_000_000, "all work and no play\n");
  s3.objects.set("data/part-00", bytes);
  s3.closesConnections = true;
  const { inputs } = await opened(t, s3);
  const before = s3.requests;
  const hash = createHash("md5");
  for await (const taken of inputs.parts[0]!.open({ start: 0 })) {
    hash.update(taken);
  }
  t.equal(hash.digest("hex"), createHash("md5").update(bytes).digest("hex"));
  t.equal(s3.requests - before, 3);
  t.match(s3.lastRange, /-19999999$/);
});

t.test("a connection that breaks off is taken up where it was", async (t) => {
  const s3 = await bucket(t);
  const { source, waits } = await opened(t, s3);
  s3.cutBodies = 5;
  s3.refusals = [
    [503, "SlowDown"],
    [500, "InternalError"],
  ];
  const found = await readSource(source);
  t.equal(
    found.map((event) => event.line).join(""),
    lines(0, EVENTS).toString(),
  );
  t.equal(s3.cutBodies, 0);
  t.ok(waits.length >= 7, `${waits.length} waits`);
});

t.test("a service that stays away is an error in the end", async (t) => {
  const s3 = await bucket(t);
  const { source, waits } = await opened(t, s3);
  s3.refusals = Array.from({ length: 99 }, () => [503, "SlowDown"] as const);
  await t.rejects(readSource(source), {
    code: "FD_SOURCE",
    message: /part-00" as the service answers 503/,
    retry: "backoff",
  });
  t.equal(waits.length, 12);
  t.ok(waits.every((wait) => wait <= 20_000));
});

for (const [what, change, message] of [
  [
    "deleted",
    (s3: MemoryS3) => s3.objects.delete("data/part-10"),
    /part-10" as it was deleted while the replay ran/,
  ],
  [
    "changed",
    (s3: MemoryS3) => s3.objects.set("data/part-10", lines(0, EVENTS)),
    /part-10" as it was changed while the replay ran/,
  ],
] as const) {
  t.test(`an object that is ${what} meanwhile is an error`, async (t) => {
    const s3 = await bucket(t);
    const { source } = await opened(t, s3);
    const found: number[] = [];
    const reading = async () => {
      for await (const chunk of source.read()) {
        if (found.length === 0) change(s3);
        found.push(chunk.count);
      }
    };
    await t.rejects(reading(), { code: "FD_SOURCE", domain: "user", message });
    t.ok(found.length > 1, "what was before it is given out");
  });

  t.test(`also when it is ${what} while it is read`, async (t) => {
    const s3 = await bucket(t);
    const { source } = await opened(t, s3);
    let gets = 0;
    s3.onGet = (key) => {
      if (!key.endsWith("part-10")) return;
      if (++gets === 1) s3.cutBodies = 1;
      else change(s3);
    };
    await t.rejects(readSource(source), { message });
  });
}

t.test("a time is found by asking for parts of objects", async (t) => {
  const s3 = await bucket(t);
  const { source } = await opened(t, s3);
  const timeMs = Date.UTC(2016, 0, 1) + 5_900_000;
  const found = await readSource(source, { timeMs });
  t.equal(found.length, 100);
  t.match(found[0]?.line, line(5_900));
});

t.test("what can't be read is one line", async (t) => {
  const s3 = await bucket(t);
  await t.rejects(opened(t, s3, { prefix: "nothing/" }), {
    code: "FD_SOURCE",
    message: /nothing\/" as no object's key begins so/,
  });
  const refused = async (status: number, name: string, isSigned: boolean) => {
    s3.refusals = [[status, name]];
    await opened(t, s3, { isSigned });
  };
  await t.rejects(refused(403, "AccessDenied", true), {
    message: /access is denied: .* or give --no-sign-request/,
  });
  await t.rejects(refused(403, "AccessDenied", false), {
    message: /access is denied without credentials/,
  });
  await t.rejects(refused(404, "NoSuchBucket", true), {
    message: /there is no bucket "checkpoints"/,
  });
  t.strictSame(parseS3Prefix("s3://a-bucket"), {
    bucket: "a-bucket",
    prefix: "",
  });
  t.strictSame(parseS3Prefix("s3://a-bucket/b/c/"), {
    bucket: "a-bucket",
    prefix: "b/c/",
  });
  for (const bad of ["s3://", "s3:bucket", "s3://No_Bucket/a", "s3:///a"]) {
    t.throws(() => parseS3Prefix(bad), { code: "FD_OPTION" }, bad);
  }
});

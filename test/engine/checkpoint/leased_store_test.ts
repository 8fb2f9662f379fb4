import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DirectoryObjects } from "../../../engine/checkpoint/directory_objects.ts";
import { LeasedStore } from "../../../engine/checkpoint/leased_store.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { LEASE_MS, leaseOptions, MemoryObjects } from "../../helpers/leases.ts";
import { TurnedClock } from "../../workers/kinesis/turned_clock.ts";

const fail = (error: unknown) => {
  throw error;
};

/** Opens a directory that nobody else has. */
async function opened(
  t: { teardown(undo: () => unknown): void },
  folder: string,
): Promise<LeasedStore> {
  const objects = new DirectoryObjects(folder);
  const options = leaseOptions("one", { state: "dead" });
  const store = await LeasedStore.open(objects, options);
  t.teardown(() => store.close());
  return store;
}

function files(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith("head-"))
    .sort();
}

t.test("LeasedStore keeps the last three checkpoints", async (t) => {
  const folder = join(t.testdir(), "new", "folder");
  const store = await opened(t, folder);
  t.equal(await store.load(fail), undefined);
  t.equal(store.lastNumber, 0);
  for (let number = 1; number <= 5; number++) {
    await store.save(sampleCheckpoint(number));
  }
  t.same(files(folder), [
    "checkpoint-0000000003-1.fdc",
    "checkpoint-0000000004-1.fdc",
    "checkpoint-0000000005-1.fdc",
  ]);
  t.equal((await store.load(fail))?.number, 5);
  t.equal(store.lastNumber, 5);
  const again = await opened(t, folder);
  t.equal((await again.load(fail))?.number, 5);
  t.equal(again.lastNumber, 5);
});

t.test("LeasedStore keeps savepoints for ever", async (t) => {
  const folder = t.testdir();
  const store = await opened(t, folder);
  await store.saveNamed("before", sampleCheckpoint(1));
  for (let number = 1; number <= 4; number++) {
    await store.save(sampleCheckpoint(number));
  }
  t.ok(files(folder).includes("savepoint-before.fdc"));
  t.equal((await store.load(fail))?.number, 4);
  await t.rejects(store.saveNamed("before", sampleCheckpoint(9)), {
    code: "FD_STORE",
    message: /there is one of that name/,
  });
});

t.test(
  "LeasedStore.load() skips damaged and half-written ones, loudly",
  async (t) => {
    const folder = t.testdir();
    const store = await opened(t, folder);
    await store.save(sampleCheckpoint(1));
    await store.save(sampleCheckpoint(2));
    const newest = join(folder, "checkpoint-0000000002-1.fdc");
    const bytes = readFileSync(newest);
    writeFileSync(newest, bytes.subarray(0, bytes.length / 2));
    const partial = join(folder, "checkpoint-0000000003-1.fdc.77.partial");
    writeFileSync(partial, bytes);
    const damaged: unknown[] = [];
    const again = await opened(t, folder);
    const loaded = await again.load((error) => damaged.push(error));
    t.equal(loaded?.number, 1);
    t.equal(damaged.length, 1);
    t.match(damaged[0], { code: "FD_STORE", message: /0000000002/ });
    await again.save(sampleCheckpoint(3));
    t.notOk(existsSync(partial), "leftovers are tidied up");
  },
);

t.test(
  "LeasedStore.load() does not begin anew when all are damaged",
  async (t) => {
    const folder = t.testdir({ "checkpoint-0000000001-1.fdc": "rubbish" });
    const store = await opened(t, folder);
    await t.rejects(
      store.load(() => {}),
      { code: "FD_STORE", message: /all 1 checkpoints in it are damaged/ },
    );
  },
);

t.test(
  "LeasedStore.load() does not take what can't be read now for damaged",
  async (t) => {
    const objects = new MemoryObjects();
    const options = leaseOptions("one", { state: "dead" });
    const store = await LeasedStore.open(objects, options);
    t.teardown(() => store.close());
    await store.save(sampleCheckpoint(1));
    await store.save(sampleCheckpoint(2));
    objects.failure = new Error("the disk is out of reach");
    const skipped: unknown[] = [];
    await t.rejects(
      store.load((error) => skipped.push(error)),
      { message: /out of reach/ },
    );
    t.same(skipped, []);
    objects.failure = undefined;
    t.equal((await store.load(fail))?.number, 2);
  },
);

t.test("LeasedStore goes by names when the head is damaged", async (t) => {
  const objects = new MemoryObjects();
  const store = await LeasedStore.open(objects, leaseOptions("one"));
  for (let number = 1; number <= 2; number++) {
    await store.save(sampleCheckpoint(number));
  }
  await store.close();
  objects.head = { bytes: Buffer.from('{"form'), version: "torn" };
  // A checkpoint of an earlier owner is older, whatever its number.
  objects.objects.set("checkpoint-0000000009-0.fdc", Buffer.from("older"));
  // Its owner is unknown: the lease must run out first.
  const clock = new TurnedClock();
  const opening = LeasedStore.open(objects, leaseOptions("two", { clock }));
  await clock.advance(LEASE_MS - 1_000);
  t.equal(objects.head.version, "torn");
  await clock.advance(2_000);
  const again = await opening;
  t.equal((await again.load(fail))?.number, 2);
  t.equal(again.lastNumber, 9);
  await again.close();
});

t.test("LeasedStore.open() drops what was never made current", async (t) => {
  const objects = new MemoryObjects();
  const store = await LeasedStore.open(objects, leaseOptions("one"));
  await store.save(sampleCheckpoint(1));
  await store.close();
  // Written by one that ended before it could say so: the next run goes on
  // from the first, and cuts files to that.
  objects.objects.set("checkpoint-0000000002-1.fdc", Buffer.from("orphan"));
  const again = await LeasedStore.open(objects, leaseOptions("two"));
  t.same([...objects.objects.keys()], ["checkpoint-0000000001-1.fdc"]);
  t.equal((await again.load(fail))?.number, 1);
  await again.close();
});

t.test("LeasedStore names a directory that it can't use", async (t) => {
  const folder = t.testdir({ file: "" });
  await t.rejects(opened(t, join(folder, "file")), {
    code: "FD_STORE",
    message: /Cannot open checkpoint directory/,
  });
});

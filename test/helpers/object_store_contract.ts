/** What every store of checkpoints must do, whatever lies below it. */
import type { Test } from "tap";
import { LeasedStore } from "../../engine/checkpoint/leased_store.ts";
import type { ObjectStore } from "../../engine/checkpoint/object_store.ts";
import { sampleCheckpoint } from "./checkpoint.ts";
import { leaseOptions } from "./leases.ts";

/** Processes that race, and how often. */
const RACERS = 4;
const RACES = 5;

const fail = (error: unknown) => {
  throw error;
};

async function keepsObjects(t: Test, store: ObjectStore): Promise<void> {
  const names = ["1.fdc", "2.fdc", "3.fdc", "4.fdc", "5.fdc"];
  t.equal(await store.readHead(), undefined);
  t.same(await store.list(), []);
  for (const name of names) await store.put(name, Buffer.from("old"));
  for (const name of names) await store.put(name, Buffer.from(name));
  t.ok(await store.swapHead(Buffer.from("{}"), undefined));
  t.same((await store.list()).sort(), names, "the head is no object");
  t.equal(String(await store.get("3.fdc")), "3.fdc");
  t.equal(await store.get("6.fdc"), undefined);
  await store.remove("3.fdc");
  await store.remove("3.fdc");
  t.equal(await store.get("3.fdc"), undefined);
  const big = Buffer.alloc(3 * 1024 * 1024, "x");
  await store.put("2.fdc", big);
  t.ok((await store.get("2.fdc"))?.equals(big));
}

async function letsOneSwap(
  t: Test,
  open: () => Promise<ObjectStore>,
): Promise<void> {
  const racers = await Promise.all(Array.from({ length: RACERS }, open));
  let head = await racers[0]!.readHead();
  for (let race = 0; race < RACES; race++) {
    const version = head?.version;
    const versions = await Promise.all(
      racers.map((one, i) =>
        one.swapHead(Buffer.from(`${race} ${i}`), version),
      ),
    );
    const won = versions.flatMap((one, i) => (one === undefined ? [] : [i]));
    t.equal(won.length, 1, `one of ${RACERS} wins race ${race}`);
    head = await racers[0]!.readHead();
    t.equal(String(head?.bytes), `${race} ${won[0]}`);
    t.equal(head?.version, versions[won[0]!]);
    const stale = await racers[0]!.swapHead(Buffer.from("stale"), version);
    t.equal(stale, undefined);
  }
}

async function keepsCheckpoints(
  t: Test,
  open: () => Promise<ObjectStore>,
): Promise<void> {
  const objects = await open();
  const store = await LeasedStore.open(objects, leaseOptions("one"));
  for (let number = 1; number <= 5; number++) {
    await store.save(sampleCheckpoint(number));
  }
  await store.saveNamed("mine", sampleCheckpoint(6));
  t.same((await objects.list()).sort(), [
    "checkpoint-0000000003-1.fdc",
    "checkpoint-0000000004-1.fdc",
    "checkpoint-0000000005-1.fdc",
    "savepoint-mine.fdc",
  ]);
  await objects.put("checkpoint-0000000005-1.fdc", Buffer.from("rubbish"));
  const damaged: unknown[] = [];
  const dead = leaseOptions("two", { state: "dead" });
  const again = await LeasedStore.open(await open(), dead);
  const loaded = await again.load((error) => damaged.push(error));
  t.strictSame(loaded, sampleCheckpoint(4));
  t.match(damaged, [{ code: "FD_STORE", message: /0000000005/ }]);
  // The first owner's next checkpoint does not count.
  await t.rejects(store.save(sampleCheckpoint(6)), {
    code: "FD_LEASE",
    message: /has taken over/,
  });
  t.equal((await again.load(() => {}))?.number, 4);
  await again.save(sampleCheckpoint(6));
  t.equal((await again.load(fail))?.number, 6);
  await again.close();
  const third = await LeasedStore.open(await open(), leaseOptions("three"));
  t.equal((await third.load(fail))?.number, 6);
  await third.save(sampleCheckpoint(7));
  t.notOk(
    (await objects.list()).includes("checkpoint-0000000006-1.fdc"),
    "what the first owner left is tidied up",
  );
  await third.close();
}

/**
 * Runs all checks.
 *
 * @param make Makes an empty place, and gives what opens it once more.
 */
export async function objectStoreContract(
  t: Test,
  make: () => Promise<() => Promise<ObjectStore>>,
): Promise<void> {
  await t.test("keeps objects", async (t) => {
    const open = await make();
    await keepsObjects(t, await open());
  });
  await t.test("lets one of several swap the head", async (t) => {
    await letsOneSwap(t, await make());
  });
  await t.test("keeps checkpoints, for one owner", async (t) => {
    await keepsCheckpoints(t, await make());
  });
}

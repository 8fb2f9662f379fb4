import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DirectoryStore } from "../../../engine/checkpoint/directory_store.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";

const fail = (error: unknown) => {
  throw error;
};

t.test("DirectoryStore keeps the last three checkpoints", async (t) => {
  const folder = join(t.testdir(), "new", "folder");
  const store = new DirectoryStore(folder);
  t.equal(await store.load(fail), undefined);
  for (let number = 1; number <= 5; number++) {
    await store.save(sampleCheckpoint(number));
  }
  t.same(readdirSync(folder).sort(), [
    "checkpoint-0000000003.fdc",
    "checkpoint-0000000004.fdc",
    "checkpoint-0000000005.fdc",
  ]);
  t.equal((await store.load(fail))?.number, 5);
});

t.test(
  "DirectoryStore.load() skips damaged and half-written ones, loudly",
  async (t) => {
    const folder = t.testdir();
    const store = new DirectoryStore(folder);
    await store.save(sampleCheckpoint(1));
    await store.save(sampleCheckpoint(2));
    const newest = join(folder, "checkpoint-0000000002.fdc");
    const bytes = readFileSync(newest);
    writeFileSync(newest, bytes.subarray(0, bytes.length / 2));
    writeFileSync(join(folder, "checkpoint-0000000003.fdc.partial"), bytes);
    const damaged: unknown[] = [];
    const loaded = await store.load((error) => damaged.push(error));
    t.equal(loaded?.number, 1);
    t.equal(damaged.length, 1);
    t.match(damaged[0], { code: "FD_STORE", message: /0000000002/ });
  },
);

t.test(
  "DirectoryStore.load() does not begin anew when all are damaged",
  async (t) => {
    const folder = t.testdir({ "checkpoint-0000000001.fdc": "rubbish" });
    const store = new DirectoryStore(folder);
    await t.rejects(
      store.load(() => {}),
      { code: "FD_STORE", message: /all 1 checkpoints in it are damaged/ },
    );
  },
);

t.test("DirectoryStore names a directory that it can't use", async (t) => {
  const folder = t.testdir({ file: "" });
  await t.rejects(new DirectoryStore(join(folder, "file")).load(fail), {
    code: "FD_STORE",
  });
  await t.rejects(
    new DirectoryStore(join(folder, "absent")).save(sampleCheckpoint(1)),
    { message: /Cannot write to checkpoint directory/ },
  );
});

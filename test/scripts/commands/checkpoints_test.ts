/** `flagdrop checkpoints` on a directory, in this process. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DirectoryObjects } from "../../../engine/checkpoint/directory_objects.ts";
import { LeasedStore } from "../../../engine/checkpoint/leased_store.ts";
import { runProgram } from "../../../scripts/program.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { leaseOptions } from "../../helpers/leases.ts";
import { MemoryOutput } from "../memory_output.ts";

async function checkpoints(...argv: readonly string[]) {
  const stdout = new MemoryOutput();
  const stderr = new MemoryOutput();
  const exitCode = await runProgram({
    argv: ["checkpoints", ...argv],
    env: {},
    stdout,
    stderr,
    signals: { start: () => new AbortController().signal, stop() {} },
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

async function filled(folder: string): Promise<LeasedStore> {
  const objects = new DirectoryObjects(folder);
  const store = await LeasedStore.open(objects, leaseOptions("one"));
  for (let number = 1; number <= 4; number++) {
    await store.save(sampleCheckpoint(number));
  }
  await store.saveNamed("before-change", sampleCheckpoint(9));
  return store;
}

t.test("checkpoints list shows columns, and JSON", async (t) => {
  const folder = t.testdir();
  await (await filled(folder)).close();
  writeFileSync(join(folder, "checkpoint-0000000003-1.fdc"), "rubbish");
  const { exitCode, stdout } = await checkpoints("list", folder);
  t.equal(exitCode, 0);
  t.match(
    stdout.split("\n").map((line) => line.trim().split(/ {2,}/)),
    [
      ["NAME", "KIND", "TAKEN", "READ", "OPEN KEYS", "SIZE", "STATE"],
      ["4", "checkpoint", "2023-11-14T22:13:20.000Z", "7", "1", /KiB/, "open"],
      ["3", "checkpoint", "-", "-", "-", "0.0 KiB", "damaged"],
      ["2", "checkpoint"],
      ["before-change", "savepoint"],
      ["in use by nobody"],
    ],
  );
  const json = JSON.parse((await checkpoints("list", folder, "--json")).stdout);
  t.match(json, {
    store: folder,
    owner: null,
    checkpoints: [
      { name: "4", openKeys: 1, counts: { read: 7 }, finished: false },
      { name: "3", problem: /no checkpoint/ },
      { name: "2" },
      { name: "before-change", kind: "savepoint" },
    ],
  });
  const none = join(folder, "none");
  t.match(await checkpoints("list", none), {
    exitCode: 0,
    stdout: `no checkpoints in "${none}"\n`,
  });
  t.notOk(existsSync(none), "looking changes nothing");
});

t.test("checkpoints show tells of one", async (t) => {
  const folder = t.testdir();
  await (await filled(folder)).close();
  const { stdout } = await checkpoints("show", folder, "before-change");
  t.match(stdout, /^takenAtMs: 2023-11-14T22:13:20.000Z$/m);
  t.match(stdout, /^input: \{"type":"files","fileIndex":0/m);
  const json = (await checkpoints("show", folder, "4", "--json")).stdout;
  t.match(JSON.parse(json), { number: 4, jobName: "nyc-taxi" });
  t.match(await checkpoints("show", folder, "77"), {
    exitCode: 2,
    stderr: /Cannot find checkpoint "77" in .*: it has 4, 3, 2, before-change/,
  });
  t.match(await checkpoints("show", folder), {
    exitCode: 2,
    stderr: /Cannot show without a name/,
  });
});

t.test("checkpoints delete takes one away", async (t) => {
  const folder = t.testdir();
  const store = await filled(folder);
  const named = await checkpoints("delete", folder, "before-change");
  t.match(named, { exitCode: 0, stdout: /deleted savepoint before-change/ });
  t.notOk(existsSync(join(folder, "savepoint-before-change.fdc")));
  await store.close();
  t.match(await checkpoints("delete", folder, "4"), { exitCode: 0 });
  t.notOk(existsSync(join(folder, "checkpoint-0000000004-1.fdc")));
  const { stdout } = await checkpoints("list", folder);
  t.match(stdout, /\n3 .*\n2 /);
});

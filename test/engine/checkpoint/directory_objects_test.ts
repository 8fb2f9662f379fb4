import { join } from "node:path";
import t from "tap";
import { DirectoryObjects } from "../../../engine/checkpoint/directory_objects.ts";
import { objectStoreContract } from "../../helpers/object_store_contract.ts";

t.test("DirectoryObjects is a store", async (t) => {
  let count = 0;
  const root = t.testdir();
  await objectStoreContract(t, async () => {
    const folder = join(root, String(count++));
    let racer = 0;
    // Each as another process has it.
    const open = async () => new DirectoryObjects(folder, `p${racer++}`);
    await (await open()).readHead();
    return open;
  });
});

t.test("DirectoryObjects.swapHead() knows one who is far ahead", async (t) => {
  const folder = t.testdir();
  const slow = new DirectoryObjects(folder, "slow");
  const fast = new DirectoryObjects(folder, "fast");
  const first = await slow.swapHead(Buffer.from("0"), undefined);
  let version = first;
  // So many that the name which the slow one is about to make is free again.
  for (let i = 1; i <= 10; i++) {
    version = await fast.swapHead(Buffer.from(String(i)), version);
  }
  t.equal(await slow.swapHead(Buffer.from("slow"), first), undefined);
  t.equal(String((await slow.readHead())?.bytes), "10");
});

t.test("DirectoryObjects.swapHead() loses to one who tidies up", async (t) => {
  const folder = t.testdir();
  const racer = new DirectoryObjects(folder, "racer");
  const owner = new DirectoryObjects(folder, "owner");
  let version: string | undefined;
  let isOver = false;
  const tidying = (async () => {
    while (!isOver) {
      for (const name of await owner.list()) await owner.remove(name);
    }
  })();
  let lost = 0;
  for (let round = 0; round < 2_000 && lost < 3; round++) {
    const swapped = await racer.swapHead(Buffer.from("x"), version);
    if (swapped === undefined) lost++;
    else version = swapped;
  }
  isOver = true;
  await tidying;
  t.equal(lost, 3, "without an error");
  t.equal((await racer.readHead())?.version, version);
});

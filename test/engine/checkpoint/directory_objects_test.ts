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

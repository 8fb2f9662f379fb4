import t from "tap";
import { ShardPauses } from "../../../workers/kinesis/shard_pauses.ts";

t.test("ShardPauses wakes those who wait with every change", async (t) => {
  const pauses = new ShardPauses();
  t.notOk(pauses.isPaused("a"));
  pauses.set(["a", "b"]);
  t.ok(pauses.isPaused("a"));
  t.notOk(pauses.isPaused("c"));
  let woken = 0;
  const waits = [pauses.changed(), pauses.changed()].map((wait) =>
    wait.then(() => woken++),
  );
  pauses.set(["b"]);
  await Promise.all(waits);
  t.equal(woken, 2);
  t.notOk(pauses.isPaused("a"), "a message replaces the one before");
  t.ok(pauses.isPaused("b"));
});

import t from "tap";
import { startDemoSource } from "../../../scripts/demo/demo_source.ts";

t.test("startDemoSource() says why its thread can't go on", async (t) => {
  const source = startDemoSource({
    stream: "taxi",
    shardCount: 0,
    memoryBytes: 64 * 1024 ** 2,
    speedup: 6_480,
    watermarkIntervalMs: 500,
    seed: 1,
    job: undefined,
  });
  t.teardown(() => source.close());
  const error = { code: "FD_WORKER", message: /'shardCount' must be/ };
  await t.rejects(source.ready, error);
  await t.rejects(source.failed, error);
  await t.rejects(source.stop(), error);
});

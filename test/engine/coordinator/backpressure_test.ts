/**
 * Goal: memory stays flat whatever stands still or lags: a shard a day behind
 * the others, and a sink that takes nothing for a minute. Method: the
 * coordinator on a model of stream and workers, with small limits.
 */
import t from "tap";
import { DOCUMENTS_PENDING_MAX } from "../../../engine/limits.ts";
import { type ModelShard, StreamModel } from "../../helpers/stream_model.ts";
import { WINDOW_MS } from "../../helpers/taxi.ts";

const DAY_WINDOWS = 86_400_000 / WINDOW_MS;

t.test("one of eight shards a day behind: keys open stay flat", async (t) => {
  const openKeysMax = 2_000;
  const keys = 10;
  const shards = Array.from(
    { length: 8 },
    (_, i): ModelShard => ({
      shardId: `s${i}`,
      ahead: i === 3 ? 0 : DAY_WINDOWS,
      flushes: i === 3 ? 2 * DAY_WINDOWS : DAY_WINDOWS,
      keys,
    }),
  );
  const model = new StreamModel({ shards, workerCount: 2, openKeysMax });
  t.teardown(() => model.close());
  await model.start();
  let paused = 0;
  for (let turns = 0; turns < 2_000 && !model.isRead; turns++) {
    await model.turn();
    paused = Math.max(
      paused,
      model.input.shards().filter((one) => one.paused).length,
    );
  }
  t.ok(model.isRead, "in the end everything is read");
  t.same(model.errors, []);
  t.equal(paused, 7, "those ahead had to wait");
  t.ok(
    model.keysOpenMost <= openKeysMax + 8 * keys,
    `${model.keysOpenMost} keys open at most`,
  );
  t.equal(model.merger.keysOpen, 0, "and fired");
  t.equal(model.merger.status().windowsFired, 2 * DAY_WINDOWS);
  t.equal(
    model.merger.status().documentsFired,
    (2 * DAY_WINDOWS + 7 * DAY_WINDOWS) * keys,
  );
  t.equal(model.input.keeping().shardsReopened, 0);
});

t.test("a shard that brings too much by itself ends the run", async (t) => {
  // The one behind alone has more keys in one window than may be open.
  const shards = [
    { shardId: "behind", ahead: 0, flushes: 9, keys: 500 },
    { shardId: "ahead", ahead: 40, flushes: 9, keys: 500 },
  ];
  const model = new StreamModel({ shards, workerCount: 1, openKeysMax: 200 });
  t.teardown(() => model.close());
  await model.start();
  await model.turn();
  t.match(model.errors[0], {
    code: "FD_LIMIT",
    message:
      /^Cannot keep more than 400 open keys in \d+ open windows as the watermark is held back by .*(ahead|behind) /,
  });
});

t.test(
  "a sink that stands still for a minute: all wait, then go on",
  async (t) => {
    const keys = 50_000;
    const shards = Array.from(
      { length: 4 },
      (_, i): ModelShard => ({ shardId: `s${i}`, ahead: 0, flushes: 6, keys }),
    );
    const openKeysMax = 2_000_000;
    const model = new StreamModel({ shards, workerCount: 2, openKeysMax });
    t.teardown(() => model.close());
    let goOn = () => {};
    model.sink.hold = new Promise((resolve) => {
      goOn = resolve;
    });
    await model.start();
    const pendingMost = DOCUMENTS_PENDING_MAX + 4 * keys;
    for (let turns = 0; turns < 600; turns++) {
      await model.turn();
      const pending = model.merger.status().sinks[0]?.pendingDocuments ?? 0;
      if (pending > pendingMost) t.fail(`${pending} documents wait`);
    }
    t.ok(model.merger.blocked);
    t.notOk(model.isRead, "the stream lags");
    t.equal(model.input.keeping().shardsReopened, 0, "no shard is blamed");
    t.equal(model.workers.threads.length, 2, "nor a worker");
    model.sink.hold = undefined;
    goOn();
    for (let turns = 0; turns < 600 && !model.isRead; turns++)
      await model.turn();
    await model.merger.drained();
    t.ok(model.isRead, "and catches up");
    t.same(model.errors, []);
    t.equal(model.sink.windows.length, 6);
    t.equal(
      model.sink.windows.reduce((sum, { rowCount }) => sum + rowCount, 0),
      4 * 6 * keys,
    );
  },
);

import t from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { SinkQueue } from "../../../engine/coordinator/sink_queue.ts";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import { flushed, MemorySink, PLAN, WINDOW_MS } from "../../helpers/taxi.ts";

function windows(count: number) {
  const store = new WindowStore(PLAN);
  for (let i = 0; i < count; i++)
    store.merge(flushed([[0, i * WINDOW_MS, 7, 2]]));
  return store.fire(Number.POSITIVE_INFINITY);
}

function queueFor(sink: MemorySink) {
  const seen = { written: 0, errors: [] as unknown[], delays: [] as number[] };
  const queue = new SinkQueue({
    sink,
    clock: systemClock,
    guard: async () => {},
    onRefused: () => {},
    onWritten: () => seen.written++,
    onError: (error) => seen.errors.push(error),
    onDelay: (delayMs) => seen.delays.push(delayMs),
  });
  return { queue, seen };
}

t.test(
  "SinkQueue.push() writes everything in order and counts it down",
  async (t) => {
    const sink = new MemorySink();
    let release = () => {};
    sink.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { queue, seen } = queueFor(sink);
    const [first, ...rest] = windows(5);
    queue.push([first!], systemClock.nowMs());
    queue.push(rest, systemClock.nowMs());
    t.equal(queue.pendingDocuments, 5);
    release();
    await queue.drained();
    t.equal(queue.pendingDocuments, 0);
    t.same(sink.windows, [first, ...rest]);
    t.equal(seen.delays.length, 5);
    queue.push(windows(1), systemClock.nowMs());
    await queue.drained();
    t.equal(sink.windows.length, 6, "it starts again after it was empty");
  },
);

t.test(
  "SinkQueue reports a failing sink once and writes no more",
  async (t) => {
    const sink = new MemorySink();
    sink.failure = new Error("full");
    const { queue, seen } = queueFor(sink);
    queue.push(windows(1), 0);
    await queue.drained();
    queue.push(windows(1), 0);
    await queue.drained();
    t.same(seen.errors, [sink.failure]);
    t.equal(queue.pendingDocuments, 2, "nothing was acknowledged");
  },
);

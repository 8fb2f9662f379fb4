/** Chunks under way: the least event time left, against a plain count. */
import fc from "fast-check";
import t from "tap";
import { TrackedChunk } from "../../../engine/replay/tracked_chunk.ts";
import { inputChunkOf } from "./array_source.ts";

t.test("leastPendingMs is never above an event that is left", async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 40 }),
      fc.infiniteStream(fc.nat()),
      (times, choices) => {
        const chunk = new TrackedChunk(
          inputChunkOf(times.map((ms, i) => [i, ms])),
        );
        const left = new Set(times.keys());
        while (left.size > 0) {
          const least = Math.min(...[...left].map((i) => times[i] ?? 0));
          if (chunk.leastPendingMs > least) t.fail("a watermark too late");
          if (chunk.isDone) t.fail("not yet done");
          const all = [...left];
          const index = all[(choices.next().value ?? 0) % all.length] ?? 0;
          chunk.acknowledge(index);
          left.delete(index);
        }
        if (!chunk.isDone) t.fail("done");
        if (chunk.leastPendingMs !== Infinity) t.fail("nothing left");
      },
    ),
  );
});

t.test("leastPendingMs is exact when events are taken in order", async (t) => {
  const times = [5, 3, 9, 4, 20, 7];
  const chunk = new TrackedChunk(inputChunkOf(times.map((ms, i) => [i, ms])));
  times.forEach((_, i) => {
    t.equal(chunk.leastPendingMs, Math.min(...times.slice(i)));
    chunk.acknowledge(i);
  });
  t.equal(chunk.isDone, true);
});

t.test("acknowledge() takes an event once", async (t) => {
  const chunk = new TrackedChunk(
    inputChunkOf([
      [0, 1],
      [1, 2],
    ]),
  );
  chunk.acknowledge(1);
  t.throws(() => chunk.acknowledge(1));
});

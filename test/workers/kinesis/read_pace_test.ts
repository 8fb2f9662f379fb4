import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { THROTTLED_READ_INTERVAL_MS_MAX } from "../../../workers/kinesis/limits.ts";
import {
  type AnswerKind,
  ReadPace,
} from "../../../workers/kinesis/read_pace.ts";
import { Random } from "../../judge/random.ts";

const ANSWERS: readonly AnswerKind[] = ["records", "empty_behind", "tip"];
/** The longest wait, its jitter included. */
const WAIT_MS_MAX = THROTTLED_READ_INTERVAL_MS_MAX * 1.5;
/** Unthrottled answers after which a slowdown is forgotten, whatever it was. */
const RECOVERY_ANSWERS = 40;

const chance = fc.double({ min: 0, max: 0.999999, noNaN: true });
const rates = fc.constantFrom(0.1, 0.5, 1, 2, 5, 50, Number.POSITIVE_INFINITY);

t.test("no throttling makes a shard wait longer than its limit", async () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom("throttled" as const, ...ANSWERS), chance),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(rates, steps, (rate, list) => {
      // Slower than that it only waits when it is told to read so seldom.
      const most = Math.max(WAIT_MS_MAX, 1_500 / rate);
      let random = 0;
      const pace = new ReadPace(rate, () => random);
      for (const [step, drawn] of list) {
        random = drawn;
        if (step !== "throttled") pace.afterAnswer(step);
        else if (!(pace.afterThrottle() <= most)) return false;
        if (!(pace.intervalMs <= most)) return false;
      }
      for (let i = 0; i < RECOVERY_ANSWERS; i++) pace.afterAnswer("records");
      return pace.intervalMs === 1_000 / rate;
    }),
  );
});

t.test(
  "shards that are quiet are read together, and not more often",
  async () => {
    const startMs = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        rates,
        fc.array(startMs, { minLength: 2 }),
        (rate, starts) => {
          const fullMs = 1_000 / rate;
          const slots = starts.map((startedAtMs) => {
            const pace = new ReadPace(rate, () => 0);
            let atMs = startedAtMs;
            for (let i = 0; i < 20; i++) {
              const nextMs = pace.nextAtMs(atMs);
              assert(nextMs - atMs >= Math.min(fullMs, pace.intervalMs) - 1e-6);
              assert(nextMs - atMs <= pace.intervalMs + 1e-6);
              atMs = nextMs;
              pace.afterAnswer("tip");
            }
            return atMs % 250;
          });
          // Slower than the slots come, each keeps its own time.
          return fullMs >= 1_000 || slots.every((rest) => rest === 0);
        },
      ),
    );
  },
);

t.test("a shard with records is read at its own time", async (t) => {
  const pace = new ReadPace(5, () => 0);
  for (let i = 0; i < 10; i++) pace.afterAnswer("tip");
  t.equal(pace.nextAtMs(10_001), 11_000);
  pace.afterAnswer("records");
  t.equal(pace.nextAtMs(10_001), 10_201);
});

/** Of an even share: what chance leaves to the least lucky in ten minutes. */
const FAIR_SHARE = 0.4;

/** A shard that reads as its pace says, and what it got. */
interface Reader {
  readonly pace: ReadPace;
  nextMs: number;
  reads: number;
}

t.test("of shards that share what is granted none is starved", async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 2, max: 16 }),
      (seed, readersCount) => {
        const random = new Random(seed);
        const readers = Array.from({ length: readersCount }, (): Reader => {
          const pace = new ReadPace(5, () => random.next());
          return { pace, nextMs: pace.firstDelayMs(), reads: 0 };
        });
        // A tenth of what they want, in whole seconds, to who asks first.
        const granted = Math.max(1, Math.floor((readersCount * 5) / 10));
        let second = 0;
        let left = granted;
        for (;;) {
          const next = readers.reduce((a, b) => (b.nextMs < a.nextMs ? b : a));
          if (next.nextMs > 600_000) break;
          if (Math.floor(next.nextMs / 1_000) > second) {
            second = Math.floor(next.nextMs / 1_000);
            left = granted;
          }
          if (left > 0) {
            left--;
            next.reads++;
            next.pace.afterAnswer("records");
            next.nextMs += next.pace.intervalMs;
          } else next.nextMs += next.pace.afterThrottle();
        }
        const reads = readers.map((one) => one.reads);
        const mean = reads.reduce((a, b) => a + b, 0) / readersCount;
        return Math.min(...reads) >= mean * FAIR_SHARE;
      },
    ),
    { numRuns: 50 },
  );
});

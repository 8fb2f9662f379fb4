/** Goal: what the status sums up of delays, waiting and corrections is right. */
import t from "tap";
import { BackpressureGauge } from "../../../engine/coordinator/backpressure_gauge.ts";
import { CorrectionBook } from "../../../engine/coordinator/correction_book.ts";
import { DelayHistogram } from "../../../engine/coordinator/delay_histogram.ts";
import { CORRECTIONS_SHOWN_MAX } from "../../../engine/limits.ts";
import { fired, TAXI } from "../sink/windows.ts";

t.test("DelayHistogram.buckets() count each delay once", async (t) => {
  const histogram = new DelayHistogram();
  const delays = [0, 2, 2.1, 5, 49, 50, 51, 60_000, 60_001, 1e9];
  for (const delayMs of delays) histogram.add(delayMs);
  const buckets = histogram.buckets();
  t.equal(
    buckets.reduce((sum, { count }) => sum + count, 0),
    delays.length,
  );
  const countOf = (edgeMs: number | null) =>
    buckets.find(({ upToMs }) => upToMs === edgeMs)?.count;
  t.equal(countOf(2), 2);
  t.equal(countOf(5), 2);
  t.equal(countOf(50), 2);
  t.equal(countOf(100), 1);
  t.equal(countOf(60_000), 1);
  t.equal(countOf(null), 2);
});

t.test("BackpressureGauge names what was waited for most", async (t) => {
  const gauge = new BackpressureGauge();
  t.strictSame(gauge.status(), { from: null, share: 0 });
  for (const from of ["a", null, "b", "a"]) gauge.sample(from);
  t.strictSame(gauge.status(), { from: "a", share: 0.5 });
  for (let i = 0; i < 20; i++) gauge.sample(null);
  t.strictSame(gauge.status(), { from: null, share: 0 });
});

t.test("CorrectionBook keeps the windows corrected last", async (t) => {
  const book = new CorrectionBook();
  const window = (at: number, rows: number) =>
    fired(TAXI, {
      queryIndex: 0,
      windowStartMs: at * 600_000,
      rows: Array.from({ length: rows }, (_, i) => ({
        key: [`dr5ru${i}`],
        count: 2,
        accumulators: [],
      })),
    });
  const count = CORRECTIONS_SHOWN_MAX + 20;
  for (let at = 0; at < count; at++) book.add(window(at, 1), at);
  book.add(window(count - 5, 3), count);
  const shown = book.status();
  t.equal(shown.length, CORRECTIONS_SHOWN_MAX);
  t.match(shown[0], {
    query: "pickup_count",
    timestampMs: (count - 4) * 600_000 - 1,
    times: 2,
    documents: 4,
    lastAtMs: count,
  });
});

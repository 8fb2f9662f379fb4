/** What a replay would send, against sums made by hand. */
import t from "tap";
import { dryRun, dryRunText } from "../../../engine/replay/dry_run.ts";
import { ArraySource, type NumberedEvent } from "./array_source.ts";
import { eventsOf, START_MS } from "./judging_stream.ts";

const { signal } = new AbortController();

function byteCount(events: readonly NumberedEvent[]): number {
  return events.reduce(
    (sum, [n, timeMs]) => sum + `{"n":${n},"t":${timeMs}}\n`.length,
    0,
  );
}

t.test("dryRun() counts events, bytes, and the busiest second", async (t) => {
  // A second apart, and 2,000 more at one time.
  const crowd = Array.from(
    { length: 2_000 },
    (_, i): NumberedEvent => [i, START_MS + 500_000],
  );
  const calm = eventsOf(1_000);
  const events = [...calm.slice(0, 500), ...crowd, ...calm.slice(500)];
  const source = new ArraySource([events.slice(0, 700), events.slice(700)]);
  const report = await dryRun({ source, speedup: 10, signal });
  t.equal(report.events, 3_000);
  t.equal(report.bytes, byteCount(events));
  t.equal(report.leastMs, START_MS);
  t.equal(report.greatestMs, START_MS + 999_000);
  t.equal(report.durationMs, 99_900);
  t.equal(report.busiest.events, 2_010);
  t.equal(report.busiest.timeMs, START_MS + 500_000);
  t.equal(
    dryRunText(report),
    [
      "3,000 events, 0.1 MB: 28 bytes each, at most 29",
      "their times are from 2016-01-01T00:00:00.000Z to 2016-01-01T00:16:39.000Z",
      "at --speedup 10 they take 99.9 s: 30 events/s, 0 MB/s",
      "the busiest second begins at 2016-01-01T00:08:20.000Z: 2,010 events, 0.1 MB",
      "shards that take this: 3, with --aggregate 1",
      "3 unparsable, left out",
      "2 watermarks, left out",
      "nothing was sent",
      "",
    ].join("\n"),
  );
});

t.test("dryRun() ends with limit and duration, and skips gaps", async (t) => {
  const events = eventsOf(1_000);
  const source = () => new ArraySource([events]);
  const limited = await dryRun({ source: source(), limit: 17, signal });
  t.equal(limited.events, 17);
  const timed = { speedup: 10, durationMs: 5_000, loop: true, signal };
  t.equal((await dryRun({ source: source(), ...timed })).events, 50);
  const far: NumberedEvent[] = [...events, [1, START_MS + 86_400_000 * 365]];
  const gap = await dryRun({
    source: new ArraySource([far]),
    speedup: 10,
    signal,
  });
  t.ok(gap.durationMs < 101_000);
  const none = await dryRun({ source: new ArraySource([[]]), signal });
  t.match(dryRunText(none), /^no events\n/);
  const atOnce = await dryRun({
    source: source(),
    speedup: Number.POSITIVE_INFINITY,
    signal,
  });
  t.match(dryRunText(atOnce), /the stream says how fast/);
});

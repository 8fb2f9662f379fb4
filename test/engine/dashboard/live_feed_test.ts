/**
 * Goal: a page that puts the pieces together has what a page that comes now is
 * told, and the work is done once however many watch.
 */
import t from "tap";
import type { CallOff, Clock } from "../../../engine/clock.ts";
import { CityReader } from "../../../engine/dashboard/city_reader.ts";
import { LiveFeed } from "../../../engine/dashboard/live_feed.ts";
import {
  type Json,
  type Patch,
  patched,
} from "../../../engine/dashboard/state_patch.ts";
import type { Results } from "../../../engine/results/results.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import type { EngineStatus } from "../../../engine/status/status.ts";
import { fired, TAXI } from "../sink/windows.ts";
import { sampleStatus } from "../status/sample_status.ts";

const WINDOW_MS = 600_000;

/** A clock whose intervals a test lets pass. */
function handClock() {
  const runs = new Set<() => void>();
  const off: CallOff = () => {};
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async () => {},
    after: () => off,
    soon: () => off,
    every: (_, run) => {
      runs.add(run);
      return () => runs.delete(run);
    },
  };
  return { clock, runs };
}

/** A page: what it would show. */
class Page {
  readonly messages: string[] = [];
  readonly choice = { windows: 6, precision: 6 };
  readonly send = (text: string) => void this.messages.push(text);

  get shown(): { status: Json; city: Json } {
    let status: Json = null;
    let city: Json = null;
    for (const text of this.messages) {
      const message = JSON.parse(text);
      if (message.type === "picture") ({ status, city } = message);
      else {
        status = patched(status, message.status as Patch | undefined);
        city = patched(city, message.city as Patch | undefined);
      }
    }
    return { status, city };
  }
}

/** Lets promises that are settled be noticed. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

function started() {
  const { clock, runs } = handClock();
  let documents = 1;
  let reads = 0;
  let openWindows: readonly FiredWindow[] = [];
  const results: Results = {
    extent: async () => ({ fromMs: 0, toMs: documents * WINDOW_MS }),
    cells: async () => {
      reads++;
      return { cells: ["dr5ru7"], counts: [documents * 10], isCut: false };
    },
    series: async ({ query }) => [
      {
        zone: query === "pickup_count" ? "" : "JFK",
        timesMs: [0],
        counts: [documents],
        values: [30],
      },
    ],
  };
  const status = (): EngineStatus => {
    const sample = sampleStatus();
    return {
      ...sample,
      sinks: sample.sinks.map((sink) => ({ ...sink, documents })),
    };
  };
  const city = new CityReader({
    plan: TAXI,
    results,
    openWindows: () => openWindows,
  });
  const feed = new LiveFeed({ clock, status, city });
  return {
    feed,
    async tick() {
      for (const run of [...runs]) run();
      await settled();
    },
    write: () => void documents++,
    open: (windows: readonly FiredWindow[]) => {
      openWindows = windows;
    },
    readCount: () => reads,
    isTicking: () => runs.size > 0,
  };
}

t.test("a page that was there and one that comes show the same", async (t) => {
  const run = started();
  const early = new Page();
  run.feed.add(early);
  await settled();
  t.equal(early.messages.length, 1, "is told at once");
  run.write();
  await run.tick();
  run.open([
    fired(TAXI, {
      queryIndex: 0,
      windowStartMs: 2 * WINDOW_MS,
      rows: [{ key: ["dr5ru6"], count: 4, accumulators: [] }],
    }),
  ]);
  await run.tick();
  const late = new Page();
  run.feed.add(late);
  await settled();
  t.strictSame(early.shown, late.shown);
  t.match(late.shown.city, {
    cells: { dr5ru7: 20 },
    open: { dr5ru6: 4 },
    openWindows: [2 * WINDOW_MS],
    range: { fromMs: -4 * WINDOW_MS, toMs: 2 * WINDOW_MS },
    averages: { JFK: [2, 30] },
  });
});

t.test("the store is read once for all, and only after a write", async (t) => {
  const run = started();
  const pages = Array.from({ length: 20 }, () => new Page());
  for (const page of pages) run.feed.add(page);
  await settled();
  t.equal(run.readCount(), 1);
  await run.tick();
  await run.tick();
  t.equal(run.readCount(), 1);
  run.write();
  await run.tick();
  t.equal(run.readCount(), 2);
  for (const page of pages) t.strictSame(page.shown, pages[0]?.shown);
});

t.test("a quiet moment costs a page next to nothing", async (t) => {
  const run = started();
  const page = new Page();
  run.feed.add(page);
  await settled();
  await run.tick();
  t.equal(page.messages.at(-1), '{"type":"change","problem":null}');
});

t.test("without pages nothing is done", async (t) => {
  const run = started();
  const leave = run.feed.add(new Page());
  await settled();
  t.ok(run.isTicking());
  leave();
  t.notOk(run.isTicking());
  t.equal(run.feed.viewerCount, 0);
});

t.test("no more pages than there may be", async (t) => {
  const run = started();
  while (!run.feed.isFull) run.feed.add(new Page());
  t.equal(run.feed.viewerCount, 48);
  run.feed.close();
});

/**
 * Goal: a page that is left open does not grow. Method: the server in this
 * process with a clock that is driven by hand, which sends thousands of
 * pictures, each an event-time window later, as fast as the page takes them.
 */
import type { Browser, Page } from "playwright-core";
import t from "tap";
import { type CallOff, type Clock, systemClock } from "../../engine/clock.ts";
import { dashboard } from "../../engine/dashboard/dashboard.ts";
import { cellNumber, cellText } from "../../engine/results/cell_number.ts";
import type { EventTimeRange, Results } from "../../engine/results/results.ts";
import { startStatusServer } from "../../engine/status/server.ts";
import type { EngineStatus } from "../../engine/status/status.ts";
import { TAXI } from "../engine/sink/windows.ts";
import { sampleStatus } from "../engine/status/sample_status.ts";
import { figureOf, openBrowser, openPage, textOf, until } from "./processes.ts";

const WINDOW_MS = 600_000;
const START_MS = Date.UTC(2016, 0, 1);
const CELLS = 1_300;
/** Until everything has been compiled and every table is filled. */
const FRAMES_BEFORE = 600;
const FRAMES = 1_500;
/** A day of two pictures a second must then add less than 50 MB. */
const BYTES_A_FRAME_MAX = 300;

let browser: Browser;
t.before(async () => {
  browser = await openBrowser();
});
t.after(() => browser.close());

/** A run in which everything changes with every frame. */
class MovingRun {
  frame = 0;
  readonly #ticks = new Set<() => void>();
  readonly clock: Clock = {
    ...systemClock,
    monotonicMs: () => this.frame * 2_000,
    every: (_, run): CallOff => {
      this.#ticks.add(run);
      return () => this.#ticks.delete(run);
    },
  };

  tick(): void {
    this.frame++;
    for (const run of this.#ticks) run();
  }

  get #toMs(): number {
    return START_MS + (1_008 + this.frame) * WINDOW_MS;
  }

  readonly results: Results = {
    extent: async () => ({ fromMs: START_MS, toMs: this.#toMs }),
    cells: async ({ precision }) => {
      const first = cellNumber("dr5ru0".slice(0, precision));
      const shown = Array.from({ length: CELLS }, (_, i) => i);
      return {
        cells: shown.map((i) => cellText(first + i, precision)),
        counts: shown.map((i) => 2 + ((i * 31 + this.frame) % 97)),
        isCut: false,
      };
    },
    series: async ({ query, range, stepMs }) =>
      (query === "pickup_count" ? [""] : ["JFK", "LGA"]).map((zone) => ({
        zone,
        ...pointsOf(range, stepMs),
      })),
  };

  status(): EngineStatus {
    const { frame } = this;
    const sample = sampleStatus();
    return {
      ...sample,
      nowMs: sample.nowMs + frame * 500,
      watermarkMs: this.#toMs,
      counts: { ...sample.counts, read: frame, tallied: frame },
      shards: sample.shards.map((one) => ({
        ...one,
        records: one.records + frame * 10,
        sequenceNumber: `49${frame}`,
      })),
      sinks: sample.sinks.map((sink) => ({ ...sink, documents: frame })),
    };
  }
}

function pointsOf({ fromMs, toMs }: EventTimeRange, stepMs: number) {
  const timesMs: number[] = [];
  for (
    let ms = Math.floor(fromMs / stepMs) * stepMs;
    ms < toMs && timesMs.length < 200;
    ms += stepMs
  ) {
    timesMs.push(ms);
  }
  return {
    timesMs,
    counts: timesMs.map((ms) => 1 + ((ms / WINDOW_MS) % 50)),
    values: timesMs.map((ms) => 20 + ((ms / WINDOW_MS) % 30)),
  };
}

/** Sends pictures until a page has shown so many. */
async function showFrames(run: MovingRun, page: Page, count: number) {
  const end = run.frame + count;
  while (run.frame < end) {
    // Fewer than may wait for a page.
    for (let i = 0; i < 10; i++) {
      run.tick();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    while ((await figureOf(page, "read-total")) !== run.frame) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

t.test("a page that is left open does not grow", async (t) => {
  const run = new MovingRun();
  const app = dashboard({
    plan: TAXI,
    results: run.results,
    engine: { status: () => run.status(), openWindows: () => [] },
    actions: {},
    isReadOnly: false,
    config: {},
    problems: () => [],
    clock: run.clock,
  });
  const server = await startStatusServer({
    port: 0,
    status: () => run.status(),
    log: { info() {}, warn() {} },
    extend: app.extend,
  });
  t.teardown(async () => {
    app.close();
    await server.close();
  });
  const { page, context, errors } = await openPage(browser, server.url);
  const session = await context.newCDPSession(page);
  const measured = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const elements = await page.evaluate(
      "document.querySelectorAll('*').length",
    );
    return { usedSize, elements };
  };
  for (const view of ["#city", "#job"]) {
    await page.evaluate(`location.hash = "${view}"`);
    await until(
      "it is live",
      async () => (await textOf(page, "connection")) === "live",
    );
    await showFrames(run, page, FRAMES_BEFORE);
    const before = await measured();
    const startedMs = Date.now();
    await showFrames(run, page, FRAMES);
    const after = await measured();
    const grown = (after.usedSize - before.usedSize) / FRAMES;
    t.comment(
      `${view}: ${FRAMES} pictures in ${((Date.now() - startedMs) / 1_000).toFixed(0)} s, heap ${(before.usedSize / 1e6).toFixed(1)} MB, then ${(after.usedSize / 1e6).toFixed(1)} MB: ${grown.toFixed(0)} bytes a picture`,
    );
    t.ok(grown < BYTES_A_FRAME_MAX, `${grown} bytes a picture`);
    t.equal(after.elements, before.elements, "no element is left behind");
  }
  t.strictSame(errors, []);
});

// The browser keeps the process going: it would never end by itself.
t.end();

/** The page's logic, as far as it needs no browser. */
import fc from "fast-check";
import ngeohash from "ngeohash";
import t from "tap";
import { chartSpan } from "../../../../engine/dashboard/chart_span.ts";
import { EMPTY_CITY } from "../../../../engine/dashboard/city_state.ts";
import {
  CHART_POINTS_MAX,
  SPAN_WINDOWS,
} from "../../../../engine/dashboard/limits.ts";
import type { MapQueries } from "../../../../engine/dashboard/map_queries.ts";
import {
  cityFigures,
  topCells,
} from "../../../../engine/dashboard/page/city_figures.ts";
import {
  averageBreaks,
  calmBreaks,
  RAMPS,
  STEP_COUNT,
  scaleBreaks,
  stepOf,
} from "../../../../engine/dashboard/page/colour_scale.ts";
import {
  correctedText,
  correctedTimes,
} from "../../../../engine/dashboard/page/corrected_windows.ts";
import {
  averagedName,
  bytesText,
  countText,
  measureUnit,
  rangeText,
  shortCount,
  spanText,
} from "../../../../engine/dashboard/page/format.ts";
import { factGroups } from "../../../../engine/dashboard/page/job_facts.ts";
import { limitOf } from "../../../../engine/dashboard/page/limit_sentence.ts";
import {
  cellEdges,
  mapCells,
  precisionFor,
  worldPlace,
  worldPoint,
} from "../../../../engine/dashboard/page/map_cells.ts";
import { RateHistory } from "../../../../engine/dashboard/page/rates.ts";
import { topicsOf } from "../../../../engine/dashboard/page/status_topics.ts";
import type { EngineStatus } from "../../../../engine/status/status.ts";
import { sampleStatus } from "../../status/sample_status.ts";

const counts = fc.array(fc.integer({ min: 1, max: 100_000 }), {
  minLength: 1,
  maxLength: 2_000,
});

t.test("scaleBreaks() go up, and a busier cell is never paler", async (t) => {
  fc.assert(
    fc.property(counts, (counts) => {
      const breaks = scaleBreaks(counts);
      t.ok(breaks.every((value, i) => value > (breaks[i - 1] ?? 1)));
      const steps = counts
        .toSorted((a, b) => a - b)
        .map((count) => stepOf(count, breaks));
      return steps.every((step, i) => step >= (steps[i - 1] ?? 0));
    }),
  );
});

t.test("a wide spread of counts uses every colour", async (t) => {
  const breaks = scaleBreaks(Array.from({ length: 1_000 }, (_, i) => i + 1));
  const used = new Set(
    Array.from({ length: 1_000 }, (_, i) => stepOf(i + 1, breaks)),
  );
  t.equal(used.size, STEP_COUNT);
});

t.test("calmBreaks() stand still until it matters", async (t) => {
  t.strictSame(calmBreaks([10, 100], [11, 108]), [10, 100]);
  t.strictSame(calmBreaks([10, 100], [11, 140]), [11, 140]);
  t.strictSame(calmBreaks([], [1, 2]), [1, 2]);
});

/** Relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

t.test("ramps are told apart by lightness alone", async (t) => {
  for (const [name, ramp] of Object.entries(RAMPS)) {
    t.equal(ramp.length, STEP_COUNT);
    const sign = name === "dark" ? 1 : -1;
    const lights = ramp.map(luminance);
    for (let i = 1; i < lights.length; i++) {
      const [darker, lighter] = [lights[i - 1]!, lights[i]!].sort(
        (a, b) => a - b,
      ) as [number, number];
      t.ok(sign * (lights[i]! - lights[i - 1]!) > 0, `${name} ${i}`);
      t.ok((lighter + 0.05) / (darker + 0.05) > 1.12, `${name} ${i} contrast`);
    }
  }
});

t.test("worldPlace() undoes worldPoint()", async () => {
  fc.assert(
    fc.property(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -85, max: 85, noNaN: true }),
      (longitude, latitude) => {
        const [lon, lat] = worldPlace(...worldPoint(longitude, latitude));
        return (
          Math.abs(lon - longitude) < 1e-9 && Math.abs(lat - latitude) < 1e-9
        );
      },
    ),
  );
});

t.test("cellEdges() are those of the geohash", async (t) => {
  const [south, west, north, east] = ngeohash.decode_bbox("dr5ru7");
  t.strictSame(cellEdges("dr5ru7"), [
    ...worldPoint(west, north),
    ...worldPoint(east, south),
  ]);
});

t.test("mapCells() average fired and open by their events", async (t) => {
  const averages = { fired: { dr5ru7: 10 }, open: { dr5ru7: 30, dr5rsz: 5 } };
  const cells = mapCells({ dr5ru7: 3 }, { dr5ru7: 1, dr5rsz: 1 }, averages);
  t.strictSame(
    cells.map(({ cell, shade }) => [cell, shade]),
    [
      ["dr5rsz", 5],
      ["dr5ru7", 15],
    ],
  );
});

t.test("averageBreaks() have as many cells in every step", async (t) => {
  const values = Array.from({ length: 700 }, (_, i) => i / 10);
  t.strictSame(averageBreaks(values), [10, 20, 30, 40, 50, 60]);
  t.strictSame(averageBreaks([]), Array(6).fill(Number.POSITIVE_INFINITY));
});

t.test("measureUnit() knows units by the ends of names", async (t) => {
  const unitOf = (as: string, isMinutes = false) =>
    measureUnit({ as, isMinutes });
  t.equal(unitOf("avg_speed_kmh"), " km/h");
  t.equal(unitOf("avg_trip_duration", true), " min");
  t.equal(unitOf("avg_passengers"), "");
  t.equal(averagedName("avg_speed_kmh"), "speed");
  t.equal(averagedName("avg_minutes"), "minutes");
});

t.test(
  "mapCells() put fired and open together, the busiest last",
  async (t) => {
    const cells = mapCells({ dr5ru7: 3, dr5ru6: 9 }, { dr5ru7: 8, dr5rsz: 1 });
    t.strictSame(
      cells.map(({ cell, fired, open }) => [cell, fired, open]),
      [
        ["dr5rsz", 0, 1],
        ["dr5ru6", 9, 0],
        ["dr5ru7", 3, 8],
      ],
    );
  },
);

t.test(
  "precisionFor() gets finer with the zoom, up to what there is",
  async (t) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 500, max: 5_000_000 }),
        fc.integer({ min: 1, max: 6 }),
        (width, most) => {
          const precision = precisionFor(width, most);
          return (
            precision >= 1 &&
            precision <= most &&
            precision <= precisionFor(width * 2, most)
          );
        },
      ),
    );
    t.equal(precisionFor(400_000, 6), 6);
  },
);

t.test("charts hold whole windows, not too many", async (t) => {
  for (const windows of SPAN_WINDOWS) {
    const { spanMs, stepMs } = chartSpan(windows, 600_000);
    t.equal(stepMs % 600_000, 0);
    t.ok(spanMs >= windows * 600_000);
    t.ok(spanMs / stepMs <= CHART_POINTS_MAX);
  }
});

t.test("figures have units and three digits", async (t) => {
  t.equal(countText(1_234_567), "1,234,567");
  t.equal(shortCount(0), "0");
  t.equal(shortCount(8.42), "8.4");
  t.equal(shortCount(999.6), "1.00 k");
  t.equal(shortCount(12_345), "12.3 k");
  t.equal(shortCount(9_999_999), "10.0 M");
  t.equal(bytesText(512), "512 B");
  t.equal(bytesText(4_390_000), "4.39 MB");
  t.equal(spanText(0), "0 ms");
  t.equal(spanText(2_400), "2.4 s");
  t.equal(spanText(600_000), "10 min");
  t.equal(spanText(86_400_000), "1 d");
  t.equal(
    rangeText(Date.UTC(2016, 0, 1, 8), Date.UTC(2016, 0, 1, 9)),
    "Fri, 1 Jan 2016 08:00 – 09:00",
  );
  t.equal(
    rangeText(Date.UTC(2016, 0, 1, 8), Date.UTC(2016, 0, 2, 8)),
    "Fri, 1 Jan 2016 08:00 – Sat, 2 Jan 08:00",
  );
  t.equal(
    rangeText(Date.UTC(2015, 11, 31, 8), Date.UTC(2016, 0, 1, 8)),
    "Thu, 31 Dec 2015 08:00 – Fri, 1 Jan 2016 08:00",
  );
});

t.test("cityFigures() and topCells() add up what is shown", async (t) => {
  const state = {
    ...EMPTY_CITY,
    cells: { a: 5, b: 7 },
    open: { b: 1, c: 20 },
    averages: { JFK: [4, 41.5], LGA: [0, 0] },
  } as const;
  t.strictSame(cityFigures(state), {
    events: 12,
    open: 21,
    cells: 2,
    zones: [
      { zone: "JFK", events: 4, average: 41.5 },
      { zone: "LGA", events: 0, average: undefined },
    ],
  });
  t.strictSame(topCells(state, 2), [
    ["c", 20],
    ["b", 8],
  ]);
});

function running(change: Partial<EngineStatus> = {}): EngineStatus {
  const calm = sampleStatus();
  return {
    ...calm,
    state: "running",
    behindLatestMs: 0,
    watermarkMs: 1_000,
    watermarkHeldBy: null,
    shards: calm.shards.map((shard) => ({
      ...shard,
      state: "reading",
      watermarkMs: 1_000,
      behindLatestMs: 0,
    })),
    workers: calm.workers.map((one) => ({ ...one, cpuShare: 0.1 })),
    sinks: calm.sinks.map((one) => ({ ...one, pendingDocuments: 0 })),
    eventLoopDelayMs: { p50: 1, p99: 2, p999: 3, max: 4 },
    ...change,
  };
}

function sentence(status: EngineStatus, before = status): string {
  const history = new RateHistory();
  history.add(before);
  return limitOf(status, history.add(status)).text;
}

t.test("one sentence names the limit", async (t) => {
  const calm = running();
  t.match(sentence(calm), /Nothing holds the run back/);
  t.match(sentence(running({ state: "failed", error: "no disk" })), /no disk/);
  t.match(sentence(running({ state: "finished" })), /has finished/);
  const late = { behindLatestMs: 60_000 };
  t.match(sentence(running(late)), /catching up: 1 min behind/);
  const full = calm.sinks.map((sink) => ({
    ...sink,
    pendingDocuments: 400_000,
  }));
  t.match(sentence(running({ sinks: full })), /sink .* 400,000 documents wait/);
  const [{ name: sink } = { name: "" }] = calm.sinks;
  const waits = (from: string) => ({ backpressure: { from, share: 0.4 } });
  t.match(sentence(running(waits(sink))), `The sink ${sink} is the limit`);
  t.match(
    sentence(running(waits("checkpoint"))),
    /waited for checkpoints 40 %/,
  );
  t.match(
    sentence(running(waits("dead letters"))),
    /waited for the dead letters/,
  );
  const refused = calm.sinks.map((one) => ({ ...one, trouble: "disk full" }));
  t.match(
    sentence(running({ sinks: refused, ...waits(sink) })),
    `The sink ${sink} is the limit: disk full.`,
  );
  const lost = calm.workers.map((one) => ({
    ...one,
    state: one.worker === 1 ? ("restarting" as const) : one.state,
  }));
  t.match(
    sentence(running({ workers: lost })),
    /Worker 1 was lost and starts again \(2 times so far\)/,
  );
  const back = calm.workers.map((one) => ({ ...one, restarts: 3 }));
  t.match(
    sentence(running({ workers: back, nowMs: calm.nowMs + 500 }), calm),
    /2 of 2 workers were lost and start again/,
    "it is said until a few seconds after",
  );
  const busy = calm.workers.map((one) => ({ ...one, cpuShare: 0.97 }));
  t.match(sentence(running({ workers: busy })), /workers' CPU is the limit/);
  const slow = { p50: 1, p99: 300, p999: 400, max: 500 };
  t.match(
    sentence(running({ ...late, eventLoopDelayMs: slow })),
    /Merging is the limit/,
  );
  const [first] = calm.shards;
  const second = { ...first!, shardId: "ahead", watermarkMs: 9e6 };
  t.match(
    sentence(
      running({
        shards: [first!, second],
        watermarkHeldBy: first!.shardId,
      }),
    ),
    /held back by .* 2.5 h of event time ahead/,
  );
});

t.test("a shard's quota and throttling show in its rates", async (t) => {
  const calm = running();
  const behind = calm.shards.map((one) => ({ ...one, behindLatestMs: 60_000 }));
  const before = running({ nowMs: 0, shards: behind, behindLatestMs: 60_000 });
  const later = (change: object) => ({
    ...before,
    nowMs: 1_000,
    shards: behind.map((one) => ({ ...one, ...change })),
  });
  const [{ bytes, throttled } = { bytes: 0, throttled: 0 }] = behind;
  t.match(
    sentence(later({ bytes: bytes + 2_100_000 }), before),
    /quota of .* is the limit/,
  );
  t.match(
    sentence(later({ throttled: throttled + 2 }), before),
    /Kinesis throttles/,
  );
});

t.test(
  "RateHistory counts anew for another run, and keeps little",
  async (t) => {
    const history = new RateHistory();
    const at = (nowMs: number, read: number, startedAtMs = 0) => {
      const calm = running({ nowMs, startedAtMs });
      return { ...calm, counts: { ...calm.counts, read } };
    };
    history.add(at(0, 0));
    t.equal(history.add(at(1_000, 500)).recordsPerSecond, 500);
    for (let s = 2; s <= 60; s++) history.add(at(s * 1_000, s * 500));
    t.equal(history.add(at(61_000, 61 * 500)).recordsPerSecond, 500);
    t.equal(history.add(at(62_000, 3, 61_500)).recordsPerSecond, 0);
  },
);

t.test("topicsOf() tells what newer engines add to a status", async (t) => {
  t.strictSame(topicsOf(running()), [], "all of ours has its place");
  const status = {
    ...running({ nowMs: 1_700_000_010_000 }),
    archive: { takenAtMs: 1_700_000_000_000, bytes: 2_048, durationMs: 12 },
    idleShards: 3,
  };
  t.strictSame(topicsOf(status), [
    ["Archive: taken", "10 s ago"],
    ["Archive: bytes", "2.05 kB"],
    ["Archive: duration", "12 ms"],
    ["Idle shards", "3"],
  ]);
});

t.test("factGroups() say what a run is, without raw values", async (t) => {
  const status = running();
  const text = (change: Partial<EngineStatus>) =>
    factGroups({ ...status, ...change }, new RateHistory().add(status))
      .flatMap(({ title, facts }) =>
        facts.map(([name, value]) => `${title}/${name}: ${value}`),
      )
      .join("\n");
  const whole = text({});
  t.notMatch(whole, /undefined|NaN|null|[{}]/);
  t.match(whole, "Checkpoints/Last: number 12, 3 s ago");
  t.match(whole, "Checkpoints/Restored from: nothing: it began anew");
  t.match(whole, "Windows/Written early: 900 documents, every 10 s");
  t.match(whole, "Balance/Moves of shards: 1, last shardId-…001: 0 → 1");
  const held = { watermarkHeldBy: "shardId-000000000001" };
  t.match(text(held), /Held back by: nothing/, "all shards are as far");
  const [first] = status.shards;
  const apart = [first!, { ...first!, watermarkMs: 3_601_000 }];
  t.match(
    text({ ...held, shards: apart }),
    /Held back by: shardId-…001, for 5 s/,
  );
  t.match(text({ shards: apart }), "Event time/Skew between shards: 1 h");
  t.match(text({ checkpoint: null }), "Checkpoints/State: off: start the run");
  const gap = { shardId: "shardId-000000000003", fromMs: 0, toMs: 60_000 };
  t.match(text({ gaps: [gap] }), "shardId-…003: 1 min from 1970-01-01T00:00Z");
});

t.test("corrected windows are told where they are shown", async (t) => {
  const queries = {
    map: { name: "pickups" },
    routes: { name: "trips" },
  } as unknown as MapQueries;
  const of = (query: string, timestampMs: number) => ({
    ...{ query, timestampMs },
    ...{ times: 2, documents: 3, lastAtMs: 0 },
  });
  const times = correctedTimes(
    [of("trips", 99), of("pickups", 199), of("pickups", 99), of("x", 5)],
    queries,
  );
  t.strictSame(times, [99, 199]);
  t.match(correctedText(times, { fromMs: 0, toMs: 200 }), /^2 windows shown/);
  t.match(correctedText(times, { fromMs: 100, toMs: 200 }), /^1 window shown/);
  t.equal(correctedText(times, { fromMs: 100, toMs: 199 }), "");
  t.equal(correctedText(times, undefined), "");
});

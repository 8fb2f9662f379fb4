/**
 * A page over a made-up run: what it tells is set by hand, so that every state
 * of it can be looked at without an engine.
 *
 * @module
 */
import type { Test } from "tap";
import { dashboard } from "../../engine/dashboard/dashboard.ts";
import { cellOf, geohashOf } from "../../engine/geo/geohash.ts";
import type { LogProblem } from "../../engine/log.ts";
import type {
  CellsRequest,
  EventTimeRange,
  Results,
} from "../../engine/results/results.ts";
import { startStatusServer } from "../../engine/status/server.ts";
import type { EngineStatus } from "../../engine/status/status.ts";
import { TAXI } from "../engine/sink/windows.ts";
import { sampleStatus } from "../engine/status/sample_status.ts";

/** Length of the made-up windows. */
export const WINDOW_MS = 600_000;
/** What the made-up store keeps: two days. */
export const KEPT: EventTimeRange = {
  fromMs: Date.UTC(2016, 0, 1, 0, 10) - 1,
  toMs: Date.UTC(2016, 0, 3),
};

/** Cells around midtown, fewer events further out; and both airports. */
function madeCells(precision: number): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (lat: number, lon: number, n: number) => {
    const cell = geohashOf(cellOf(lat, lon, precision));
    counts.set(cell, (counts.get(cell) ?? 0) + n);
  };
  for (let i = 0; i < 900; i++) {
    const angle = i * 2.399963;
    const far = Math.sqrt(i / 900);
    const lat = 40.755 + 0.085 * far * Math.sin(angle);
    const lon = -73.965 + 0.085 * far * Math.cos(angle);
    add(lat, lon, 1 + Math.floor(60 * (1 - far) ** 3));
  }
  add(40.645, -73.785, 44);
  add(40.772, -73.872, 61);
  return counts;
}

/** Results that look like a city's. */
export const madeResults: Results = {
  extent: async () => KEPT,
  cells: async ({ precision }: CellsRequest) => {
    const all = [...madeCells(precision)].sort(([, a], [, b]) => b - a);
    return {
      cells: all.map(([cell]) => cell),
      counts: all.map(([, count]) => count),
      isCut: false,
    };
  },
  series: async ({ query, range, stepMs }) => {
    const zones = query === "pickup_count" ? [""] : ["JFK", "LGA"];
    const timesMs: number[] = [];
    const first = Math.max(range.fromMs, KEPT.fromMs);
    for (
      let ms = Math.floor(first / stepMs) * stepMs;
      ms < Math.min(range.toMs, KEPT.toMs);
      ms += stepMs
    ) {
      timesMs.push(ms);
    }
    const wave = (ms: number) => 1 + Math.sin(ms / 1.4e7);
    return zones.map((zone) => ({
      zone,
      timesMs,
      counts: timesMs.map((ms) => Math.round(40 + 900 * wave(ms))),
      values: timesMs.map((ms) => (zone === "JFK" ? 44 : 27) + 6 * wave(ms)),
    }));
  },
};

/** A run that keeps up with its stream. */
export function calmStatus(changes: Partial<EngineStatus> = {}): EngineStatus {
  const sample = sampleStatus();
  const watermarkMs = KEPT.toMs;
  return {
    ...sample,
    behindLatestMs: 0,
    watermarkMs,
    watermarkHeldBy: null,
    watermarkHeldSinceMs: null,
    shards: sample.shards.map((shard) => ({
      ...shard,
      state: "reading",
      sequenceNumber: "49633578142391826301650921672391739829381",
      watermarkMs,
      behindLatestMs: 0,
      paused: false,
    })),
    workers: sample.workers.map((one) => ({ ...one, restarts: 0, epoch: 1 })),
    sinks: sample.sinks.map((one) => ({ ...one, pendingDocuments: 0 })),
    ...changes,
  };
}

/** What a made-up run tells; change it and the page follows. */
export interface MadeRun {
  status: () => EngineStatus;
  results: Results;
  problems: readonly LogProblem[];
}

/** How it is served. */
export interface ServeOptions {
  readonly token?: string;
  readonly tiles?: string;
  readonly tilesAttribution?: string;
  /** Only a store is looked at. @default {false} */
  readonly isStoreOnly?: boolean;
  /** The run keeps nothing. @default {false} */
  readonly keepsNothing?: boolean;
  readonly deadLettersPath?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A page that is served. */
export interface ServedRun {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves it until the test is over. */
export async function serveMadeRun(
  t: Test,
  run: MadeRun,
  options: ServeOptions = {},
): Promise<ServedRun> {
  const { token, tiles, tilesAttribution, isStoreOnly = false } = options;
  const results: Results = {
    extent: () => run.results.extent(),
    cells: (request) => run.results.cells(request),
    series: (request) => run.results.series(request),
  };
  const status = () => run.status();
  const app = dashboard({
    plan: TAXI,
    results: options.keepsNothing === true ? undefined : results,
    engine: isStoreOnly ? undefined : { status, openWindows: () => [] },
    actions: {},
    isReadOnly: false,
    config: { stream: "taxi", tiles, ...options.config },
    deadLettersPath: options.deadLettersPath,
    tiles,
    tilesAttribution,
    problems: () => run.problems,
  });
  const server = await startStatusServer({
    port: 0,
    token,
    status: isStoreOnly ? undefined : status,
    log: { info() {}, warn() {} },
    extend: app.extend,
  });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    app.close();
    await server.close();
  };
  t.teardown(close);
  return { url: server.url, close };
}

/**
 * How long documents take at a fixed rate of arrival.
 *
 * Each window's delay is counted from the moment at which its closing
 * watermark had been put to the last shard, whatever the engine was doing then,
 * and a long one stands for the windows that waited behind it too (hdr's
 * correction for coordinated omission).
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "hdr-histogram-js";
import { credentialsSource } from "../../engine/aws/credentials.ts";
import { startEngine } from "../../engine/engine.ts";
import { planJob } from "../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../engine/job/spec.ts";
import { createLog } from "../../engine/log.ts";
import { NoneSink } from "../../engine/sink/none_sink.ts";
import { NO_DEAD_LETTERS } from "../suite/round_engine.ts";
import type { Measure, SuiteCase } from "../suite/suite_case.ts";
import { WatchedSink } from "../suite/watched_sink.ts";
import type { LoadMessage, LoadSpec } from "./load_process.ts";

const REGION = "us-east-1";
/** The reference's rate. */
const EVENTS_PER_SECOND = 23_000;
/** What the generator is asked for: a day's mean, and it begins with a night. */
const DAY_EVENTS_PER_SECOND = 39_000;
const WORKERS = 2;
const SHARDS = 8;
const WINDOW_MS = 600_000;
const WINDOW_PASSES_MS = 500;
/** Until code is compiled and the pace is steady. */
const SETTLING_MS = 8_000;
const MEASURED_MS = 20_000;
const READS_PER_SECOND = 5;
const RECEIPT_GOAL_MS = 150;

/** A way of reading, and what is asked of it. */
interface DelayCase {
  readonly name: string;
  readonly way: "polling" | "fan-out";
  readonly how: string;
  /** From PutRecords' answer. */
  readonly goalMs: number;
}

/** Of each window: when its closing watermark was answered for, and written. */
interface Times {
  readonly answeredMs: Map<number, number>;
  readonly writtenMs: Map<number, number>;
}

function delays({ answeredMs, writtenMs }: Times, fromMs: number) {
  const histogram = build({
    highestTrackableValue: 3_600_000,
    numberOfSignificantValueDigits: 3,
  });
  for (const [timestampMs, atMs] of writtenMs) {
    const sinceMs = answeredMs.get(timestampMs);
    if (sinceMs === undefined || sinceMs < fromMs) continue;
    const delayMs = Math.max(0, Math.round(atMs - sinceMs));
    histogram.recordValueWithExpectedInterval(delayMs, WINDOW_PASSES_MS);
  }
  return histogram;
}

async function startLoad(spec: LoadSpec, times: Times) {
  const path = fileURLToPath(new URL("./load_process.js", import.meta.url));
  const load = fork(path, [JSON.stringify(spec)]);
  const [message] = (await once(load, "message")) as [LoadMessage];
  if (message.type !== "listening") throw new Error("the load did not start");
  load.on("message", ({ ...said }: LoadMessage) => {
    if (said.type !== "answered") return;
    const { watermarkMs, atMs } = said;
    const closedMs = Math.floor((watermarkMs + 1) / WINDOW_MS) * WINDOW_MS - 1;
    // The first watermark that closes it counts, at its last shard.
    if (watermarkMs - closedMs >= WINDOW_MS / 20) return;
    const known = times.answeredMs.get(closedMs) ?? 0;
    times.answeredMs.set(closedMs, Math.max(known, atMs));
  });
  return { load, endpoint: message.endpoint };
}

/** Runs the engine under the load; gives delays since PutRecords' answer. */
async function measure(way: DelayCase["way"], times: Times) {
  const { load, endpoint } = await startLoad(
    {
      eventsPerSecond: DAY_EVENTS_PER_SECOND,
      shardCount: SHARDS,
      windowPassesMs: WINDOW_PASSES_MS,
    },
    times,
  );
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  const sink = new WatchedSink(new NoneSink(planJob(spec)));
  sink.onWritten = (timestampMs) => {
    times.writtenMs.set(timestampMs, Date.now());
  };
  const engine = await startEngine({
    spec,
    source: {
      type: "kinesis",
      connection: {
        region: REGION,
        endpoint,
        credentials: credentialsSource({ region: REGION, endpoint }),
        caPem: "",
      },
      stream: "delay",
      from: { type: "earliest" },
      untilEnd: false,
      readsPerSecond: READS_PER_SECOND,
      consumer: way === "fan-out" ? "delay" : undefined,
      kplOutOfRange: "skip",
    },
    workers: WORKERS,
    sinks: [sink],
    openDeadLetters: async () => NO_DEAD_LETTERS,
    log: createLog({ level: "warn", format: "text", output: process.stderr }),
  });
  engine.finished.catch(() => {});
  load.send("go");
  await sleep(SETTLING_MS);
  const fromMs = Date.now();
  const before = engine.status();
  await sleep(MEASURED_MS);
  const after = engine.status();
  await engine.stop();
  load.kill();
  const seconds = (after.nowMs - before.nowMs) / 1_000;
  return {
    histogram: delays(times, fromMs),
    receiptMs: after.fireDelayMs.p99,
    rate: (after.counts.read - before.counts.read) / seconds,
  };
}

function single(name: string, unit: string, value: number): Measure {
  const spread = { median: value, least: value, most: value, samples: 1 };
  return { name, unit, spread, goal: undefined };
}

function delayCase({ name, way, how, goalMs }: DelayCase): SuiteCase {
  return {
    name,
    title: `${EVENTS_PER_SECOND} events/s through a local Kinesis, ${SHARDS} shards, ${how}, a window each ${WINDOW_PASSES_MS} ms`,
    async run(): Promise<Measure[]> {
      const times = { answeredMs: new Map(), writtenMs: new Map() };
      const { histogram, receiptMs, rate } = await measure(way, times);
      return [
        single("rate", "events/s", rate),
        {
          ...single("delay p99 from receipt", "ms", receiptMs),
          goal: { value: RECEIPT_GOAL_MS, is: "at most" },
        },
        single(
          "delay p50 from PutRecords' answer",
          "ms",
          histogram.getValueAtPercentile(50),
        ),
        {
          ...single(
            `delay p99 from PutRecords' answer, ${way}, ${histogram.totalCount} windows`,
            "ms",
            histogram.getValueAtPercentile(99),
          ),
          goal: { value: goalMs, is: "at most" },
        },
      ];
    },
  };
}

/** By polling: the case that is run without arguments. */
export const DELAY_CASE: SuiteCase = delayCase({
  name: "delay",
  way: "polling",
  how: `${READS_PER_SECOND} reads a second`,
  goalMs: 500,
});

/** By enhanced fan-out. */
export const FAN_OUT_DELAY_CASE: SuiteCase = delayCase({
  name: "delay-fan-out",
  way: "fan-out",
  how: "subscribed to",
  goalMs: 250,
});

/**
 * How many trips the generator makes in a second of processor time, so that
 * whatever else runs on the machine matters little; and how many have their
 * times moved in one:
 *
 * ```sh
 * npm run build && node dist/perf/generator_bench.js
 * ```
 *
 * @module
 */
import { cpus } from "node:os";
import type { EventChunk } from "../engine/replay/event_chunk.ts";
import { TripGenerator } from "../engine/replay/generator.ts";
import { TimeShifter } from "../engine/replay/time_shifter.ts";

const SAMPLES = 5;
const SAMPLE_MS = 1_000;
/** Chunks whose times are moved, again and again. */
const CHUNKS = 64;

if (import.meta.url.endsWith(".ts")) {
  console.warn("Run from dist: under a loader figures say nothing.");
}

/** Trips a CPU second of what gives chunks, as text. */
function measure(next: () => EventChunk): string {
  const rates: number[] = [];
  let byteCount = 0;
  let eventCount = 0;
  for (let sample = 0; sample <= SAMPLES; sample++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    let made = 0;
    while (performance.now() - start < SAMPLE_MS) {
      const chunk = next();
      made += chunk.count;
      byteCount += chunk.ends[chunk.count - 1] ?? 0;
    }
    eventCount += made;
    // The first one warms up.
    const { user, system } = process.cpuUsage(cpu);
    if (sample > 0) rates.push((made / (user + system)) * 1_000_000);
  }
  rates.sort((a, b) => a - b);
  const [least, middle, most] = [0, SAMPLES >> 1, SAMPLES - 1].map((index) =>
    Math.round(rates[index] ?? 0).toLocaleString("en"),
  );
  return `${middle} trips/CPU s (${least} to ${most} in ${SAMPLES} samples), ${(byteCount / eventCount).toFixed(1)} bytes a trip`;
}

const generator = new TripGenerator({ seed: 1 });
const chunks = Array.from({ length: CHUNKS }, () => generator.next());
const shifter = new TimeShifter("generator");
let chunkIndex = 0;
console.log(`${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`);
console.log(`generator: ${measure(() => generator.next())}`);
console.log(
  `times moved: ${measure(() => {
    const chunk = chunks[chunkIndex++ % CHUNKS] ?? generator.next();
    return shifter.shifted(
      chunk,
      new Float64Array(chunk.count).fill(86_400_000),
    );
  })}`,
);

/**
 * How many trips the generator makes in a second of processor time, so that
 * whatever else runs on the machine matters little:
 *
 * ```sh
 * npm run build && node dist/perf/generator_bench.js
 * ```
 *
 * @module
 */
import { cpus } from "node:os";
import { TripGenerator } from "../engine/replay/generator.ts";

const SAMPLES = 5;
const SAMPLE_MS = 1_000;

if (import.meta.url.endsWith(".ts")) {
  console.warn("Run from dist: under a loader figures say nothing.");
}

const generator = new TripGenerator({ seed: 1 });
const rates: number[] = [];
let byteCount = 0;
let eventCount = 0;
for (let sample = 0; sample <= SAMPLES; sample++) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  let made = 0;
  while (performance.now() - start < SAMPLE_MS) {
    const chunk = generator.next();
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
console.log(`${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`);
console.log(
  `generator: ${middle} trips/CPU s (${least} to ${most} in ${SAMPLES} samples), ${(byteCount / eventCount).toFixed(1)} bytes a trip`,
);

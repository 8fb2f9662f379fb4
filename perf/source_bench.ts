/**
 * How fast the replay's sources read, in events and decompressed megabytes a
 * second of processor time: every packing with JSON lines in it, and every
 * format without packing.
 *
 * ```sh
 * npm run build && node dist/perf/source_bench.js [CASE…]
 * ```
 *
 * Packings without a writer in Node are made by the command of that name, and
 * left out where there is none.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Compressor } from "snappy";
import { TripGenerator } from "../engine/replay/generator.ts";
import { openSource } from "../engine/replay/open_source.ts";
import { fileInputs } from "../engine/replay/source/file_part.ts";

const EVENTS = 200_000;
const SAMPLES = 3;
const BYTES_PER_MB = 1_000_000;

interface Trip {
  readonly pickup_datetime: string;
  readonly dropoff_datetime: string;
  readonly pickup_lon: number;
  readonly pickup_lat: number;
  readonly dropoff_lon: number;
  readonly dropoff_lat: number;
}

const { bytes, ends } = new TripGenerator({ seed: 1 }).next(EVENTS);
const lines = bytes.subarray(0, ends[EVENTS - 1]);

function table(): Buffer {
  const rows = lines
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => {
      const trip = JSON.parse(line) as Trip;
      const times = [trip.pickup_datetime, trip.dropoff_datetime].map((time) =>
        time.slice(0, 19).replace("T", " "),
      );
      const from = [trip.pickup_lon, trip.pickup_lat];
      const to = [trip.dropoff_lon, trip.dropoff_lat];
      return [...times, ...from, ...to].join(",");
    });
  const header =
    "pickup_datetime,dropoff_datetime,pickup_longitude,pickup_latitude,dropoff_longitude,dropoff_latitude";
  return Buffer.from(`${header}\n${rows.join("\n")}\n`);
}

/** What a command writes for the lines; undefined when there is none. */
function packedBy(command: string): Buffer | undefined {
  try {
    return execFileSync(command, ["-c"], {
      input: lines,
      maxBuffer: 2 * lines.length,
    });
  } catch {
    return undefined;
  }
}

async function snappyFile(): Promise<Buffer> {
  const compressor = new Compressor();
  return Buffer.concat([compressor.update(lines), await compressor.finish()]);
}

const CASES: Readonly<
  Record<string, () => Buffer | undefined | Promise<Buffer>>
> = {
  lines: () => lines,
  glued: () => Buffer.from(lines.toString().replaceAll("}\n", "}")),
  csv: table,
  gzip: () => gzipSync(lines),
  snappy: snappyFile,
  lz4: () => packedBy("lz4"),
  zstd: () => packedBy("zstd"),
  bzip2: () => packedBy("bzip2"),
};

if (import.meta.url.endsWith(".ts")) {
  console.warn("Run from dist: under a loader figures say nothing.");
}
console.log(`${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`);
const folder = mkdtempSync(join(tmpdir(), "flagdrop-bench-"));
const asked = process.argv.slice(2);
for (const [name, make] of Object.entries(CASES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const file = await make();
  if (file === undefined) {
    console.log(`${name}: no such command here`);
    continue;
  }
  const path = join(folder, name === "csv" ? "trips.csv" : name);
  writeFileSync(path, file);
  const rates: number[] = [];
  for (let sample = 0; sample <= SAMPLES; sample++) {
    const cpu = process.cpuUsage();
    let count = 0;
    for await (const chunk of openSource(await fileInputs([path])).read()) {
      count += chunk.count;
    }
    const { user, system } = process.cpuUsage(cpu);
    // The first one warms up.
    if (sample > 0) rates.push((count / (user + system)) * 1_000_000);
  }
  const rate = rates.sort((a, b) => a - b)[SAMPLES >> 1] ?? 0;
  const perEvent = (name === "csv" ? file.length : lines.length) / EVENTS;
  const megabytes = ((rate * perEvent) / BYTES_PER_MB).toFixed(0);
  console.log(
    `${name}: ${Math.round(rate).toLocaleString("en")} events/CPU s, ${megabytes} MB/s`,
  );
}
rmSync(folder, { recursive: true });

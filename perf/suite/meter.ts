/**
 * What a round costs: time, and the processor time of the process.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Figures of one round. */
export interface RoundFigures {
  /** Records read, watermarks among them. */
  readonly events: number;
  readonly wallMs: number;
  /** User and system time of the whole process. */
  readonly cpuMs: number;
  /** The main thread's part of it; NaN where the system doesn't tell. */
  readonly mainCpuMs: number;
  /** Resident memory at the end. */
  readonly rssBytes: number;
  readonly documents: number;
  /** Of all documents, in any order; empty when it was not asked for. */
  readonly digest: string;
}

const NS_PER_MS = 1e6;
const US_PER_MS = 1e3;

/** Processor time of this process' main thread, as Linux tells it. */
function mainThreadMs(): number {
  try {
    const path = `/proc/self/task/${process.pid}/schedstat`;
    return Number(readFileSync(path, "utf8").split(" ")[0]) / NS_PER_MS;
  } catch {
    return Number.NaN;
  }
}

function processMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_MS;
}

/** Measures from its making. */
export class Meter {
  readonly #mainMs = mainThreadMs();
  readonly #cpuMs = processMs();
  readonly #startMs = performance.now();

  /** What it has cost since. */
  read(): Pick<RoundFigures, "wallMs" | "cpuMs" | "mainCpuMs" | "rssBytes"> {
    return {
      wallMs: performance.now() - this.#startMs,
      cpuMs: processMs() - this.#cpuMs,
      mainCpuMs: mainThreadMs() - this.#mainMs,
      rssBytes: process.memoryUsage.rss(),
    };
  }
}

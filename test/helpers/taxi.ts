/** The taxi job, planned, for tests of the coordinator's parts. */
import { type JobPlan, planJob } from "../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { type JobSpec, parseJobSpec } from "../../engine/job/spec.ts";
import type { CountsDelta, FlushedTallies } from "../../engine/messages.ts";
import type {
  DeadLetter,
  DeadLetterSink,
  FiredWindow,
  Sink,
} from "../../engine/sink/sink.ts";
import { packTallies } from "../../engine/tally/tally_columns.ts";
import { TallyTable } from "../../engine/tally/tally_table_kernel.ts";

export const SPEC: JobSpec = parseJobSpec(taxiJob(taxiZones("nyc")));
export const PLAN: JobPlan = planJob(SPEC);
export const WINDOW_MS = 600_000;

/** Events of one key: query, start of the window, key word, how many. */
export type Tallied = readonly [
  queryIndex: number,
  windowStartMs: number,
  word0: number,
  count: number,
];

/** Partial tallies as a worker would flush them. */
export function flushed(tallied: readonly Tallied[]): FlushedTallies {
  return packTallies(
    tallied.map(([queryIndex, windowStartMs, word0, count]) => {
      const columns = new TallyTable(PLAN.queries[queryIndex]!.accumulators);
      const entry = columns.entryOf(word0, 0);
      columns.counts[entry] = count;
      for (const column of columns.accumulators) column[entry] = count * 10;
      return { queryIndex, windowStartMs, columns, firstTallied: count };
    }),
  );
}

/** Counts of a flush that read and tallied some records. */
export function counted(read: number): CountsDelta {
  return {
    read,
    tallied: read,
    filtered: PLAN.filterReasons.map(() => 0),
    watermarksTaken: 0,
    watermarksRefused: 0,
    dead: 0,
    late: 0,
    outOfRange: 0,
    eventTimesRefused: 0,
    idsForgotten: 0,
    withoutId: 0,
    bytes: read * 100,
  };
}

/** A sink that keeps what it is given, and waits when told to. */
export class MemorySink implements Sink {
  readonly name = "memory";
  readonly windows: FiredWindow[] = [];
  /** Writes wait for it while it is set. */
  hold: Promise<void> | undefined;
  failure: Error | undefined;
  closed = false;
  #documents = 0;

  get lengthBytes(): number {
    return 0;
  }

  async open(): Promise<void> {}

  async write(windows: readonly FiredWindow[]): Promise<void> {
    await this.hold;
    if (this.failure !== undefined) throw this.failure;
    this.windows.push(...windows);
    for (const { rowCount } of windows) this.#documents += rowCount;
  }

  async sync(): Promise<void> {}

  stats() {
    return { documents: this.#documents, bytes: 0, retries: 0 };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Dead letters in memory. */
export class MemoryDeadLetters implements DeadLetterSink {
  readonly letters: DeadLetter[] = [];
  readonly lengthBytes = 0;

  get count(): number {
    return this.letters.length;
  }

  async write(letters: readonly DeadLetter[]): Promise<void> {
    this.letters.push(...letters);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Checkpoints for tests, and a store that keeps them all. */
import type { Checkpoint } from "../../engine/checkpoint/checkpoint.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../engine/checkpoint/checkpoint_codec.ts";
import type {
  CheckpointStore,
  SavedCheckpoint,
} from "../../engine/checkpoint/checkpoint_store.ts";
import { counted, flushed, PLAN } from "./taxi.ts";

/** A checkpoint with something in every part. */
export function sampleCheckpoint(number: number): Checkpoint {
  return {
    number,
    takenAtMs: 1_700_000_000_000,
    jobName: "nyc-taxi",
    jobHash: "ab".repeat(32),
    queries: [
      { name: "pickup_count", hash: "01", windowMs: 600_000 },
      { name: "trip_duration", hash: "02", windowMs: 600_000 },
    ],
    filterReasons: PLAN.filterReasons,
    source: {
      type: "files",
      files: [{ path: "a.jsonl", sizeBytes: 5, head: "cd".repeat(32) }],
    },
    input: {
      type: "files",
      fileIndex: 0,
      offset: 2 ** 40,
      watermarkMs: Number.NEGATIVE_INFINITY,
      records: 7,
      dedupe: {
        words: Uint32Array.of(1, 2 ** 32 - 1),
        arrivalMs: Float64Array.of(1_451_606_400_000),
      },
    },
    merger: {
      watermarkMs: Number.NEGATIVE_INFINITY,
      windowsFired: 1,
      documentsFired: 2,
      windowsCorrected: 1,
      talliesLeftOut: 2,
      documentsCorrected: 3,
      afterIdle: 4,
      counts: counted(7),
      windows: flushed([[1, 600_000, 9, 4]]),
      wholeFromMs: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      sinks: [
        { name: "memory", lengthBytes: 3, refused: 0, pending: flushed([]) },
      ],
      deadLetters: { count: 0, lengthBytes: 0 },
    },
    finished: false,
  };
}

/** Keeps every checkpoint, encoded as on disk. */
export class MemoryStore implements CheckpointStore {
  readonly name = "memory";
  readonly all: Buffer[] = [];
  #onSaved: (() => void)[] = [];

  /** Resolves when one more has been saved. */
  saved(): Promise<void> {
    return new Promise((resolve) => this.#onSaved.push(resolve));
  }

  async load(): Promise<Checkpoint | undefined> {
    return this.at(this.all.length - 1);
  }

  get lastNumber(): number {
    return this.all.length;
  }

  async save(checkpoint: Checkpoint): Promise<SavedCheckpoint> {
    this.all.push(encodeCheckpoint(checkpoint));
    for (const tell of this.#onSaved.splice(0)) tell();
    return { bytes: 0, encodeMs: 0 };
  }

  saveNamed(_: string, checkpoint: Checkpoint): Promise<SavedCheckpoint> {
    return this.save(checkpoint);
  }

  readonly guard = async () => {};
  onLost(): void {}
  seal(): void {}
  async close(): Promise<void> {}

  /** The checkpoint of an index, in the order of saving. */
  at(index: number): Checkpoint | undefined {
    const bytes = this.all[index];
    return bytes && decodeCheckpoint(bytes, String(index));
  }
}

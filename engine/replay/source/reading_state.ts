/**
 * What one reading of a source keeps from part to part.
 *
 * @module
 */
import type { DeadLetter, DeadLetterSink } from "../../sink/sink.ts";
import type { SourceStart } from "../event_chunk.ts";

/** Counts that grow. */
export interface MovingCounts {
  unparsable: number;
  watermarks: number;
}

/** Options for {@linkcode ReadingState}. */
export interface ReadingStateOptions {
  readonly start: SourceStart;
  /** Of all readings of the source. */
  readonly counts: MovingCounts;
  readonly deadLetters: DeadLetterSink | undefined;
}

/** The state. */
export class ReadingState {
  readonly counts: MovingCounts;
  readonly timeMs: number;
  readonly #deadLetters: DeadLetterSink | undefined;
  #letters: DeadLetter[] = [];
  #ordinal: number;
  #skip: number;

  constructor({ start, counts, deadLetters }: ReadingStateOptions) {
    this.counts = counts;
    this.timeMs = start.timeMs ?? Number.NEGATIVE_INFINITY;
    this.#ordinal = start.position?.ordinal ?? 0;
    this.#skip = start.skipEvents ?? 0;
    this.#deadLetters = deadLetters;
  }

  /** Events so far: those of the time that is wanted. */
  get ordinal(): number {
    return this.#ordinal;
  }

  /** Counts an event; whether it is given out. */
  isWanted(timeMs: number): boolean {
    if (timeMs < this.timeMs) return false;
    this.#ordinal++;
    if (this.#skip === 0) return true;
    this.#skip--;
    return false;
  }

  /** Counts what is no event, and keeps it for the dead letters. */
  unparsable(letter: Omit<DeadLetter, "subSequenceNumber">): void {
    this.counts.unparsable++;
    if (this.#deadLetters === undefined) return;
    this.#letters.push({ ...letter, subSequenceNumber: 0 });
  }

  /** Writes the dead letters; to be called for each batch. */
  async flush(): Promise<void> {
    if (this.#letters.length === 0) return;
    const letters = this.#letters;
    this.#letters = [];
    await this.#deadLetters?.write(letters);
  }
}

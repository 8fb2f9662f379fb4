/**
 * One of the things that a source reads one after the other: a file, an object,
 * standard input.
 *
 * @module
 */

/** Which of its bytes are wanted. */
export interface ByteRange {
  readonly start: number;
  /** Exclusive. @default {the part's end} */
  readonly end?: number;
}

/** A part. */
export interface InputPart {
  /** A path, `s3://BUCKET/KEY`, or `-`. */
  readonly name: string;
  /** Changes whenever its bytes do. */
  readonly version: string;
  /** Undefined for standard input. */
  readonly sizeBytes: number | undefined;
  /** Its place on this machine's disk; undefined when it is elsewhere. */
  readonly path: string | undefined;
  /**
   * Its bytes as they lie there. Standard input can be opened once, from its
   * beginning.
   *
   * @throws {FlagdropError} `FD_SOURCE` when it can't be read, or is no longer
   * what it was.
   */
  open(range: ByteRange): AsyncGenerator<Uint8Array, void>;
}

/** All that a source reads. */
export interface Inputs {
  /** As the user named them. */
  readonly name: string;
  readonly parts: readonly InputPart[];
  /** Lets go of connections. */
  close(): Promise<void>;
}

/** Several inputs, one behind the other. */
export function joinedInputs(all: readonly Inputs[]): Inputs {
  return {
    name: all.map(({ name }) => name).join(", "),
    parts: all.flatMap(({ parts }) => parts),
    close: async () => {
      for (const one of all) await one.close();
    },
  };
}

/**
 * How bytes become texts: one event each, or what can't be one.
 *
 * @module
 */

/** Gets the place of each text that was found. */
export type FoundText = (start: number, end: number) => void;

/**
 * Splits one input that arrives in pieces. A piece begins with what was left
 * unfinished of the one before.
 */
export interface Splitter {
  /**
   * Finds the texts that end in a piece.
   *
   * @param bytes The buffer.
   * @param to Where what is known of it ends; it begins at 0.
   * @param found Called in order; whatever isn't in a text is blank.
   * @returns Where the unfinished text begins; `to` when there is none.
   */
  split(bytes: Buffer, to: number, found: FoundText): number;
  /** Forgets the unfinished text: it was too long, and taken as it was. */
  reset(): void;
}

/**
 * Decoded events of one kind, as columns.
 *
 * @module
 */

/**
 * Rows a batch may have before it must be tallied. Some thousand rows of six
 * columns stay in the second-level cache, and per-batch costs vanish.
 */
export const BATCH_ROWS_MAX = 1024;

/** A batch of decoded events of one kind; cleared and filled again. */
export class EventColumns {
  /** Rows filled. */
  count = 0;
  /** One column a slot; times are epoch ms. */
  readonly columns: readonly Float64Array[];

  /** @param columns Each of `BATCH_ROWS_MAX` rows. */
  constructor(columns: readonly Float64Array[]) {
    this.columns = columns;
  }

  /** A batch in memory of its own. */
  static of(slotCount: number): EventColumns {
    return new EventColumns(
      Array.from({ length: slotCount }, () => new Float64Array(BATCH_ROWS_MAX)),
    );
  }

  /** Whether the batch must be tallied before the next row. */
  get full(): boolean {
    return this.count === BATCH_ROWS_MAX;
  }
}

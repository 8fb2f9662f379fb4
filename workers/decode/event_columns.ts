/**
 * Decoded events of one kind, as columns.
 *
 * @module
 */
import type { WasmMemory } from "../../engine/kinesis/wasm_code.ts";

/**
 * Rows a batch may have before it must be tallied. Some thousand rows of six
 * columns stay in the second-level cache, and per-batch costs vanish.
 */
export const BATCH_ROWS_MAX = 1024;

/** The memory that columns lie in, for functions that read them there. */
export interface ColumnsPlace {
  readonly memory: WasmMemory;
  /** Addresses of the columns. */
  readonly columnsAt: readonly number[];
  /** Address of memory that such functions may use, those of one batch. */
  readonly spareAt: number;
  readonly spareBytes: number;
}

/** A batch of decoded events of one kind; cleared and filled again. */
export class EventColumns {
  /** Rows filled. */
  count = 0;
  /** One column a slot; times are epoch ms. */
  readonly columns: readonly Float64Array[];

  /** Undefined when each column is memory of its own. */
  readonly place: ColumnsPlace | undefined;

  /** @param columns Each of `BATCH_ROWS_MAX` rows. */
  private constructor(
    columns: readonly Float64Array[],
    place: ColumnsPlace | undefined,
  ) {
    this.columns = columns;
    this.place = place;
  }

  /** A batch in memory of its own. */
  static of(slotCount: number): EventColumns {
    const column = () => new Float64Array(BATCH_ROWS_MAX);
    return new EventColumns(
      Array.from({ length: slotCount }, column),
      undefined,
    );
  }

  /** A batch in WebAssembly's memory. */
  static at(place: ColumnsPlace): EventColumns {
    const { memory, columnsAt } = place;
    const columns = columnsAt.map(
      (at) => new Float64Array(memory.buffer, at, BATCH_ROWS_MAX),
    );
    return new EventColumns(columns, place);
  }

  /** Whether the batch must be tallied before the next row. */
  get full(): boolean {
    return this.count === BATCH_ROWS_MAX;
  }
}

/**
 * The memory that runs are scanned in: records, what is read from them, and
 * the patterns of the forms that are known.
 *
 * @module
 */
import type { JobPlan } from "../../../engine/job/plan.ts";
import {
  TextMemory,
  type TextSizes,
} from "../../../engine/kinesis/text_memory_kernel.ts";
import {
  openMemory,
  openOn,
  type WasmMemory,
} from "../../../engine/kinesis/wasm_code.ts";
import { BATCH_ROWS_MAX, EventColumns } from "../event_columns.ts";
import {
  RUN_BYTES_MAX,
  RUN_FORMS_MAX,
  RUN_PATTERN_BYTES_MAX,
  SPARE_BYTES,
} from "../limits.ts";
import { REACH_BYTES_MAX } from "../scanner/layout.ts";
import { type RunCode, type RunPlaces, runCode } from "./run_code.ts";
import type { RunPart } from "./run_form.ts";

/** Records are copied to where they lie alike in their words of eight bytes. */
export const WORD_BYTES = 8;

const TEXT_ALIGNMENT = 64;

const STARTS_AT = 0;
const ENDS_AT: number = STARTS_AT + BATCH_ROWS_MAX * 4;
const PATTERNS_AT: number = ENDS_AT + BATCH_ROWS_MAX * 4;
const RECORDS_AT: number = PATTERNS_AT + RUN_FORMS_MAX * RUN_PATTERN_BYTES_MAX;
/** What a scan may read beyond the records is in the columns, or before the end. */
const COLUMNS_AT: number = RECORDS_AT + RUN_BYTES_MAX + WORD_BYTES;
const COLUMN_BYTES: number = BATCH_ROWS_MAX * Float64Array.BYTES_PER_ELEMENT;

/** Scans; see {@linkcode runCode}. */
export type Scan = (
  ...given: [at: number, limit: number, delta: number, row: number]
) => number;

/** The memory. */
export class RunMemory {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly records: Buffer;
  /** Batches whose columns lie in here, one for each event kind. */
  readonly events: readonly EventColumns[];
  /** Where answers may lie, so that their records are scanned there. */
  readonly text: TextMemory | undefined;
  readonly #memory: WasmMemory;

  private constructor(
    plan: JobPlan,
    memory: WasmMemory,
    text: TextMemory | undefined,
  ) {
    const { buffer } = memory;
    this.#memory = memory;
    this.text = text;
    this.starts = new Uint32Array(buffer, STARTS_AT, BATCH_ROWS_MAX);
    this.ends = new Uint32Array(buffer, ENDS_AT, BATCH_ROWS_MAX);
    this.records = Buffer.from(buffer, RECORDS_AT, RUN_BYTES_MAX + WORD_BYTES);
    let at = COLUMNS_AT;
    const take = (byteLength: number) => {
      at += byteLength;
      return at - byteLength;
    };
    this.events = plan.events.map(({ fields }) => {
      const columnsAt = fields.map(() => take(COLUMN_BYTES));
      const spareAt = take(SPARE_BYTES);
      return EventColumns.at({
        ...{ memory, columnsAt, spareAt, spareBytes: SPARE_BYTES },
      });
    });
  }

  /**
   * Makes one for a job; undefined where there is no WebAssembly.
   *
   * @param answers Answers that may lie in it. @default {none}
   */
  static open(plan: JobPlan, answers?: TextSizes): RunMemory | undefined {
    const columns = plan.events.reduce((n, { fields }) => n + fields.length, 0);
    const bytes =
      COLUMNS_AT +
      columns * COLUMN_BYTES +
      plan.events.length * SPARE_BYTES +
      REACH_BYTES_MAX;
    if (answers === undefined) {
      const memory = openMemory(bytes);
      return memory && new RunMemory(plan, memory, undefined);
    }
    const textAt = Math.ceil(bytes / TEXT_ALIGNMENT) * TEXT_ALIGNMENT;
    const memory = openMemory(
      textAt + TextMemory.byteLength(answers) + REACH_BYTES_MAX,
    );
    const text = memory && TextMemory.on(memory, textAt, answers);
    return memory && new RunMemory(plan, memory, text);
  }

  /** Address of the first start. */
  get startsAt(): number {
    return STARTS_AT;
  }

  /** Whether some bytes lie in it, so that they are scanned there. */
  holds(bytes: Buffer): boolean {
    return bytes.buffer === this.#memory.buffer;
  }

  get recordsAt(): number {
    return RECORDS_AT;
  }

  /**
   * Makes the function for a form.
   *
   * @param place Where its patterns go, below `RUN_FORMS_MAX`. The form whose
   * patterns lay there must not be used any more.
   * @returns Undefined when the form is too large, or there are no vectors.
   */
  compile(
    kind: number,
    parts: readonly RunPart[],
    place: number,
  ): { readonly scan: Scan; readonly code: RunCode } | undefined {
    const places: RunPlaces = {
      startsAt: STARTS_AT,
      endsAt: ENDS_AT,
      columnsAt: this.events[kind]?.place?.columnsAt ?? [],
      patternsAt: PATTERNS_AT + place * RUN_PATTERN_BYTES_MAX,
    };
    const code = runCode(parts, places);
    if (code.patterns.length > RUN_PATTERN_BYTES_MAX) return undefined;
    const scan = openOn(this.#memory, code.scan);
    if (scan === undefined) return undefined;
    this.bytes(places.patternsAt, code.patterns.length).set(code.patterns);
    return { scan, code };
  }

  /** Some bytes by their address. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  /** A double by its address. */
  double(at: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, 1);
  }
}

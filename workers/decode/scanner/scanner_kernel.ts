// Hot path: the generated scanner runs once a record.
// Cost avoided: see `exact_decoder_kernel.ts`.
// Trick: code made for one layout; all it needs are constants of its closure.
// Gives up: nothing where code generation is forbidden: the walk does it then.
// Breaks: more than three parameters.
// Shown by `perf/decode_bench.ts`. Plain twin: `JsonDecoder`.
/**
 * Makes scanners out of layouts.
 *
 * @module
 */
import { dateMs } from "../calendar_kernel.ts";
import { decimalOf, POWERS_OF_TEN } from "../decimal_kernel.ts";
import { STOPS_STRING } from "../json_bytes.ts";
import { skipSpace, skipValue } from "../json_skip_kernel.ts";
import { ValueReader } from "../value_reader_kernel.ts";
import type { Layout } from "./layout.ts";
import { SCANNER_PARAMETERS, scannerSource } from "./scanner_source.ts";

/**
 * Scans a record of one layout.
 *
 * @param bytes Buffer that holds it, with as much behind the record as
 * `reachBytes` says.
 * @param view The same memory.
 * @param start Its first byte.
 * @param end One past its last byte.
 * @param row Row of the columns that takes the values.
 * @returns Whether the record has this layout, and its values are in the row.
 */
export type Scanner = (
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  row: number,
) => boolean;

/** Makes a function from names of parameters and a body. */
export type MakeFunction = (
  parameters: readonly string[],
  body: string,
) => (...given: readonly unknown[]) => unknown;

/** By the `Function` constructor; throws where code generation is forbidden. */
export const makeFunction: MakeFunction = (parameters, body) =>
  new Function(...parameters, body) as ReturnType<MakeFunction>;

/** Whether functions may be made from text in this process. */
export function canMakeFunctions(make: MakeFunction): boolean {
  try {
    return make([], "return 1;")() === 1;
  } catch {
    return false;
  }
}

/**
 * Makes the scanner of a layout.
 *
 * @param layout The layout.
 * @param columns Where the values go, by slot.
 * @param make How functions are made.
 */
export function compileScanner(
  layout: Layout,
  columns: readonly Float64Array[],
  make: MakeFunction,
): Scanner {
  const given: Record<(typeof SCANNER_PARAMETERS)[number], unknown> = {
    columns,
    reader: new ValueReader(),
    powers: POWERS_OF_TEN,
    stopsString: STOPS_STRING,
    dateMs,
    decimalOf,
    skipSpace,
    skipValue,
  };
  const scanner = make(SCANNER_PARAMETERS, scannerSource(layout));
  return scanner(...SCANNER_PARAMETERS.map((name) => given[name])) as Scanner;
}

/**
 * What the walkers of answers have in common, as WebAssembly: where things lie,
 * comparing names, and columns.
 *
 * A walker is `walk(at, end, row, rowLimit)`: it enters records from the text's
 * offset `at` on into columns, from row `row` up to `rowLimit`, until it comes to
 * what it doesn't take, or to `end`. It gives where it stands then, and leaves
 * the number of rows in memory.
 *
 * @module
 */
import { MILLISECONDS_FROM } from "./arrival_time.ts";
import {
  access,
  type Code,
  get,
  i32,
  memory,
  set,
  simd,
  tee,
  vector,
} from "./wasm_code.ts";
import { type Flow, when } from "./wasm_flow.ts";

/** Rows of the columns: what the service gives at once, and some more. */
export const WALK_ROWS = 10_240;

/**
 * Records of an answer that a walk may leave to others before it isn't asked any
 * more: each costs it the copy of a piece.
 */
export const ODD_RECORDS_MAX = 8;

/** Powers of ten that a double holds exactly. */
export const POWERS_COUNT = 23;

const ROW_BYTES = { offset: 4, time: 8 } as const;
const COLUMN_BYTES = WALK_ROWS * ROW_BYTES.offset;

/** Where things lie, from the beginning of a walker's own part of memory. */
export const PLACES = {
  powers: 0,
  count: 192,
  dataStarts: 256,
  dataEnds: 256 + COLUMN_BYTES,
  sequenceStarts: 256 + 2 * COLUMN_BYTES,
  sequenceEnds: 256 + 3 * COLUMN_BYTES,
  keyStarts: 256 + 4 * COLUMN_BYTES,
  keyEnds: 256 + 5 * COLUMN_BYTES,
  arrivalMs: 256 + 6 * COLUMN_BYTES,
  text: 256 + 6 * COLUMN_BYTES + WALK_ROWS * ROW_BYTES.time,
} as const;

/** Where a walker's own part of memory begins: a multiple of 64. */
export type Base = number;

/** Locals that all walkers have. */
export const [AT, END, ROW, ROW_LIMIT, P, HAS, BIT, BYTE, START] = [
  0, 1, 2, 3, 4, 5, 6, 8, 9,
] as const;
const COLUMN = 7;

/** Bits of what a record has. */
export const HAS_DATA = 1;
/** Its sequence number. */
export const HAS_SEQUENCE = 2;
/** Its partition key. */
export const HAS_KEY = 4;
/** Its arrival time. */
export const HAS_ARRIVAL = 8;
/** What tells nothing: an encryption type. */
export const HAS_OTHER = 16;

/** Instructions. */
export const OP = {
  load8: [0x2d],
  load32: [0x28],
  load64: [0x29],
  loadDouble: [0x2b],
  store32: [0x36],
  storeDouble: [0x39],
  isZero: [0x45],
  equal: [0x46],
  notEqual: [0x47],
  belowSigned: [0x48],
  below: [0x49],
  above: [0x4b],
  notBelow: [0x4f],
  countZeros: [0x68],
  add: [0x6a],
  subtract: [0x6b],
  and: [0x71],
  or: [0x72],
  shiftLeft: [0x74],
  shiftRight: [0x76],
  select: [0x1b],
  notBelowDouble: [0x66],
  aboveDouble: [0x64],
  ceilDouble: [0x9b],
  addDouble: [0xa0],
  subtractDouble: [0xa1],
  multiplyDouble: [0xa2],
  divideDouble: [0xa3],
} as const satisfies Record<string, Code>;

const VECTOR_BYTES = 16;
const AND_VECTOR = simd(0x4e);
const OR_VECTOR = simd(0x50);
const XOR_VECTOR = simd(0x51);
const ANY_TRUE = simd(0x53);
const LOAD_VECTOR = 0x00;

/** Pushes a double. */
function double(value: number): Code {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [0x44, ...bytes];
}

/** Pushes a byte of the text, so many behind the place. */
export const byteAt = (base: Base, ahead: number): Code => [
  ...[...get(P), ...access(OP.load8, base + PLACES.text + ahead)],
];

/**
 * Pushes zero where the text goes on like this. Up to 31 bytes of it are read
 * from the place on.
 */
export function differs(base: Base, expected: Buffer): Code {
  const part = (from: number): Code => {
    const bytes = Array.from(expected.subarray(from, from + VECTOR_BYTES));
    const rest = new Array<number>(VECTOR_BYTES - bytes.length).fill(0);
    const mask = [...bytes.map(() => 0xff), ...rest];
    return [
      ...[...get(P), ...memory(LOAD_VECTOR, base + PLACES.text + from)],
      ...[...vector([...bytes, ...rest]), ...XOR_VECTOR],
      ...(rest.length > 0 ? [...vector(mask), ...AND_VECTOR] : []),
    ];
  };
  if (expected.length <= VECTOR_BYTES) return [...part(0), ...ANY_TRUE];
  const last = part(expected.length - VECTOR_BYTES);
  return [...part(0), ...last, ...OR_VECTOR, ...ANY_TRUE];
}

const rowAddress: Code = [...get(ROW), ...i32(2), ...OP.shiftLeft];

/** Enters a range of the text; `COLUMN` has the column of its start, or 0. */
export const enterRange = (start: Code, end: Code): readonly Flow[] => [
  get(COLUMN),
  when(
    [...get(COLUMN), ...rowAddress, ...OP.add, ...tee(COLUMN)],
    [...start, ...access(OP.store32, 0)],
    [...get(COLUMN), ...end, ...access(OP.store32, COLUMN_BYTES)],
  ),
];

/** The column that a range is entered into. */
export const toColumn = (
  base: Base,
  name: "dataStarts" | "sequenceStarts" | "keyStarts" | undefined,
): Code => [
  ...i32(name === undefined ? 0 : base + PLACES[name]),
  ...set(COLUMN),
];

/**
 * Enters an arrival time: a number in a local, in seconds or in milliseconds.
 * The same as `arrivalToMs`: halves are rounded up.
 */
export const enterArrival = (
  base: Base,
  value: number,
  rounded: number,
): Code => [
  ...[...get(value), ...get(value), ...double(1_000), ...OP.multiplyDouble],
  ...[...get(value), ...double(MILLISECONDS_FROM), ...OP.notBelowDouble],
  ...[...OP.select, ...tee(value), ...OP.ceilDouble, ...set(rounded)],
  ...[...get(ROW), ...i32(3), ...OP.shiftLeft],
  ...[...get(rounded), ...double(1), ...OP.subtractDouble, ...get(rounded)],
  ...[...get(rounded), ...double(0.5), ...OP.subtractDouble],
  ...[...get(value), ...OP.aboveDouble, ...OP.select],
  ...access(OP.storeDouble, base + PLACES.arrivalMs),
];

const lacks = (bit: number): Code => [
  ...[...get(HAS), ...i32(bit), ...OP.and, ...OP.isZero],
];

/** Pushes whether a record has no data or no sequence number. */
export const lacksNeeded: Code = [
  ...[...get(HAS), ...i32(HAS_DATA | HAS_SEQUENCE), ...OP.and],
  ...[...i32(HAS_DATA | HAS_SEQUENCE), ...OP.notEqual],
];

/** Ends a row: what the record doesn't have is empty. */
export const endRow = (base: Base): readonly Flow[] => [
  lacks(HAS_KEY),
  when(
    [...rowAddress, ...i32(0), ...access(OP.store32, base + PLACES.keyStarts)],
    [...rowAddress, ...i32(0), ...access(OP.store32, base + PLACES.keyEnds)],
  ),
  lacks(HAS_ARRIVAL),
  when([
    ...[...get(ROW), ...i32(3), ...OP.shiftLeft, ...double(Number.NaN)],
    ...access(OP.storeDouble, base + PLACES.arrivalMs),
  ]),
  [...get(ROW), ...i32(1), ...OP.add, ...set(ROW)],
];

/** Leaves the number of rows, and gives the place. */
export const finish = (base: Base): Code => [
  ...[...i32(0), ...get(ROW), ...access(OP.store32, base + PLACES.count)],
  ...get(AT),
];

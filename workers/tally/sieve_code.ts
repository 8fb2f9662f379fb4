/**
 * WebAssembly that filters the rows of a batch, two at once.
 *
 * Each row is compared with all filters, as what fails is counted by the first
 * filter that it fails; nothing is decided by a branch. On the way rows' cells
 * are computed, and rows listed that may lie in one of a key's zones.
 *
 * @module
 */
import {
  access,
  type Code,
  get,
  i32,
  memory,
  set,
  simd,
  tee,
  type WasmFunction,
} from "../../engine/kinesis/wasm_code.ts";
import type {
  PointSlots,
  SieveBox,
  SieveCells,
  SievePlan,
} from "./sieve_plan.ts";

/** A function and the constants that it reads. */
export interface SieveCode {
  readonly sieve: WasmFunction;
  /** To be put at `constantsAt`. */
  readonly constants: Uint8Array;
}

/** Bytes of a vector, and of two doubles. */
export const PAIR_BYTES = 16;

const [COUNT, AT, ROW, KEPT, BITS] = [0, 1, 2, 3, 4] as const;
/** Behind these there are the lists' ends. */
const INTEGERS = 5;

const STORE_32 = [0x36] as const;
const LOAD = simd(0x00);
const STORE = simd(0x0b);
const STORE_WORD_LANE = 0x5a;
const STORE_LONG_LANE = 0x5b;
const PICK = simd(0x0d);
const BELOW = simd(0x49);
const AT_MOST = simd(0x4b);
const AT_LEAST = simd(0x4c);
const AND = simd(0x4e);
const OR = simd(0x50);
const TRUNCATE = simd(0x7a);
const SHIFT_WORDS = simd(0xab);
const MASK_OF = simd(0xc4);
const SHIFT_LEFT = simd(0xcb);
const SHIFT_RIGHT = simd(0xcd);
const ADD_LONGS = simd(0xce);
const SUBTRACT_LONGS = simd(0xd1);
const ADD = simd(0xf0);
const SUBTRACT = simd(0xf1);
const MULTIPLY = simd(0xf2);
const LESSER = simd(0xf6);
const I32_ADD = [0x6a];
const I32_AND = [0x71];
const I32_SHIFT = [0x74];
const LOOP = [0x03, 0x40];
const DONE = [0x0b];
const branchIf = (depth: number): Code => [0x0d, depth];

/** Plus this a double's low bits are the number itself. */
const INTEGER_BIAS = 2 ** 52;
const WORD_BITS = 32;

const doubles = (value: number): number[] => [
  ...new Uint8Array(Float64Array.of(value, value).buffer),
];
const words = (...values: readonly number[]): number[] => [
  ...new Uint8Array(Uint32Array.from(values).buffer),
];
/** The greatest double below a positive one. */
const below = (value: number): number => {
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0] = (bits[0] ?? 0n) - 1n;
  return new Float64Array(bits.buffer)[0] ?? 0;
};
/** The first word of each half of a vector. */
const FIRST_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];
/** How bits are moved apart: by how many, and those that then are in place. */
const SPREADS = [
  [8, 0x00ff00ff],
  [4, 0x0f0f0f0f],
  [2, 0x33333333],
  [1, 0x55555555],
] as const;

/** Makes the code, and the constants on the way. */
class SieveEmitter {
  readonly constants: number[] = [];
  readonly #plan: SievePlan;
  readonly #known = new Map<string, number>();
  /** Locals of the columns that have been read. */
  readonly #read = new Map<number, number>();
  readonly #firstVector: number;
  vectorCount = 0;

  constructor(plan: SievePlan) {
    this.#plan = plan;
    this.#firstVector = INTEGERS + plan.lists.length;
  }

  /** A local for a vector. */
  vector(): number {
    return this.#firstVector + this.vectorCount++;
  }

  /** Pushes a vector that lies with the constants. */
  constant(bytes: readonly number[]): Code {
    return [...i32(0), ...access(LOAD, this.#constantAt(bytes))];
  }

  #constantAt(bytes: readonly number[]): number {
    const key = bytes.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.#plan.constantsAt + this.constants.length;
    this.constants.push(...bytes);
    this.#known.set(key, at);
    return at;
  }

  /** Pushes all ones for each row that there is: at the end there may be one. */
  existing(): Code {
    const at = this.#plan.constantsAt + this.constants.length;
    this.constants.push(...words(-1, -1, -1, -1), ...words(-1, -1, 0, 0));
    return [
      ...[...get(ROW), ...i32(1), ...I32_ADD, ...get(COUNT), 0x46],
      ...[...i32(4), ...I32_SHIFT, ...access(LOAD, at)],
    ];
  }

  /** Pushes a column's values. */
  #column(slot: number): Code {
    const local = this.#read.get(slot);
    if (local !== undefined) return get(local);
    const made = this.vector();
    this.#read.set(slot, made);
    const at = this.#plan.columnsAt[slot] ?? 0;
    return [...get(AT), ...access(LOAD, at), ...tee(made)];
  }

  /** Pushes which values lie between two. */
  between(slot: number, min: number, max: number): Code {
    return [
      ...[...this.#column(slot), ...this.constant(doubles(min)), ...AT_LEAST],
      ...[...this.#column(slot), ...this.constant(doubles(max)), ...AT_MOST],
      ...AND,
    ];
  }

  /** Pushes which points lie in any of some boxes. */
  inside(boxes: readonly SieveBox[], point: PointSlots): Code {
    return boxes.flatMap(({ south, north, west, east }, i) => [
      ...this.between(point.latitudeSlot, south, north),
      ...this.between(point.longitudeSlot, west, east),
      ...[...AND, ...(i > 0 ? OR : [])],
    ]);
  }

  /**
   * Pushes rows or columns of the grid, as whole numbers below a bias: by one
   * multiplication, set right by comparing with the cell's exact bounds, as
   * `GeohashColumn` does. What holds is minus one. The last cell's far edge is
   * in it, so nothing is let be as far as that.
   */
  gridLine(slot: number, halfDeg: number, bits: number): Code {
    const step = (2 * halfDeg) / 2 ** bits;
    const [value, line, edge] = [this.vector(), this.vector(), this.vector()];
    const half = this.constant(doubles(halfDeg));
    const stepOf = this.constant(doubles(step));
    return [
      ...[...this.#column(slot), ...this.constant(doubles(below(halfDeg)))],
      ...[...LESSER, ...tee(value)],
      ...[...half, ...ADD, ...this.constant(doubles(1 / step)), ...MULTIPLY],
      ...[...TRUNCATE, ...tee(line)],
      ...[...this.constant(doubles(INTEGER_BIAS)), ...ADD],
      ...[...get(value), ...get(line), ...stepOf, ...MULTIPLY, ...half],
      ...[...SUBTRACT, ...tee(edge), ...BELOW, ...ADD_LONGS],
      ...[...get(value), ...get(edge), ...stepOf, ...ADD, ...AT_LEAST],
      ...SUBTRACT_LONGS,
    ];
  }

  /**
   * Computes cells: row and column in one vector, their bits moved apart.
   *
   * @param x A local; both cells are the first words of its halves.
   */
  cells(cells: SieveCells, x: number): Code {
    const { latitudeSlot, longitudeSlot, rowBits, columnBits } = cells;
    const spread = SPREADS.flatMap(([by, mask]) => [
      ...[...tee(x), ...get(x), ...i32(by), ...SHIFT_WORDS, ...OR],
      ...[...this.constant(words(mask, mask, mask, mask)), ...AND],
    ]);
    const [rowsBy, columnsBy] = cells.isEven ? [0, 1] : [1, 0];
    return [
      ...get(AT),
      ...[...i32(1), 0x76],
      ...this.gridLine(latitudeSlot, 90, rowBits),
      ...[...this.constant(words(-1, 0, -1, 0)), ...AND],
      ...this.gridLine(longitudeSlot, 180, columnBits),
      ...[...i32(WORD_BITS), ...SHIFT_LEFT, ...OR, ...spread],
      ...[...tee(x), ...(rowsBy > 0 ? [...i32(rowsBy), ...SHIFT_LEFT] : [])],
      ...[...get(x), ...i32(WORD_BITS - columnsBy), ...SHIFT_RIGHT, ...OR],
      ...[...tee(x), ...get(x), ...PICK, ...FIRST_WORDS],
      ...[...memory(STORE_LONG_LANE, cells.at), 0],
    ];
  }
}

/**
 * Appends the rows whose bits are set in `BITS` to the list that ends there.
 *
 * @param also Appends what goes with the first or second row to other lists.
 */
function append(end: number, also: (row: 0 | 1) => Code = () => []): Code {
  return [
    ...[...get(end), ...get(ROW), ...access(STORE_32, 0), ...also(0)],
    ...[...get(end), ...get(BITS), ...i32(1), ...I32_AND],
    ...[...i32(2), ...I32_SHIFT, ...I32_ADD, ...tee(end)],
    ...[...get(ROW), ...i32(1), ...I32_ADD, ...access(STORE_32, 0), ...also(1)],
    ...[...get(end), ...get(BITS), ...i32(2), ...I32_AND],
    ...[...i32(1), ...I32_SHIFT, ...I32_ADD, ...set(end)],
  ];
}

/**
 * Makes a function: `sieve(count)` does the first so many rows, one at least;
 * it gives the end of the rows that passed.
 */
export function sieveCode(plan: SievePlan): SieveCode {
  const emitter = new SieveEmitter(plan);
  const { filters, cells, lists, rowsAt, countsAt } = plan;
  const passing = emitter.vector();
  const passed = filters.map(() => emitter.vector());
  const filtering = filters.flatMap((filter, i) => [
    ...(filter.type === "range"
      ? emitter.between(filter.slot, filter.min, filter.max)
      : emitter.inside(filter.boxes, filter)),
    ...[...get(passing), ...AND, ...set(passing)],
    // All ones are minus one.
    ...[...get(passed[i] ?? 0), ...get(passing), ...SUBTRACT_LONGS],
    ...set(passed[i] ?? 0),
  ]);
  const found = cells.map(() => emitter.vector());
  const computing = cells.flatMap((one, i) =>
    emitter.cells(one, found[i] ?? 0),
  );
  const listing = lists.flatMap((list, i) => [
    ...[...emitter.inside(list.boxes, list), ...get(passing), ...AND],
    ...[...MASK_OF, ...set(BITS), ...append(INTEGERS + i)],
  ]);
  // Lists of what has passed grow by the same, so they are as far from their
  // beginnings.
  const cellsToo = (row: 0 | 1) =>
    cells.flatMap(({ passedAt }, i) => [
      ...[...get(KEPT), ...get(found[i] ?? 0)],
      ...[...memory(STORE_WORD_LANE, passedAt - rowsAt), 2 * row],
    ]);
  const endsAt = countsAt + PAIR_BYTES * filters.length;
  const body = [
    ...[...i32(rowsAt), ...set(KEPT)],
    ...lists.flatMap(({ at }, i) => [...i32(at), ...set(INTEGERS + i)]),
    ...[...LOOP, ...emitter.existing(), ...set(passing)],
    ...filtering,
    ...computing,
    ...[...get(passing), ...MASK_OF, ...set(BITS), ...append(KEPT, cellsToo)],
    ...listing,
    ...[...get(AT), ...i32(PAIR_BYTES), ...I32_ADD, ...set(AT)],
    ...[...get(ROW), ...i32(2), ...I32_ADD, ...tee(ROW)],
    ...[...get(COUNT), 0x48, ...branchIf(0), ...DONE],
    ...passed.flatMap((counted, i) => [
      ...[...i32(countsAt + PAIR_BYTES * i), ...get(counted)],
      ...access(STORE, 0),
    ]),
    ...lists.flatMap((_, i) => [
      ...[...i32(endsAt + 4 * i), ...get(INTEGERS + i)],
      ...access(STORE_32, 0),
    ]),
    ...get(KEPT),
  ];
  const sieve: WasmFunction = {
    name: "sieve",
    parameterCount: 1,
    hasResult: true,
    integerCount: INTEGERS - 1 + lists.length,
    vectorCount: emitter.vectorCount,
    body,
  };
  return { sieve, constants: Uint8Array.from(emitter.constants) };
}

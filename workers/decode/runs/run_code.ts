/**
 * WebAssembly that scans records of one form, one behind the other.
 *
 * Sixteen bytes are compared at once: what a byte lies above its least value
 * must not be more than its span. What is wrong is gathered in one vector and
 * looked at when the record is over, so that nothing waits for it; only values
 * that differ in length are decided on at once.
 *
 * Length: it is one thing, as all of the code works on the same few locals.
 *
 * @module
 */
import {
  access,
  type Code,
  get,
  i32,
  set,
  simd,
  tee,
  vector,
  type WasmFunction,
} from "../../../engine/kinesis/wasm_code.ts";
import { BYTE } from "../json_bytes.ts";
import {
  type Cell,
  CHUNK_BYTES,
  type FixedPart,
  type NumberShape,
  type RunPart,
  type RunReading,
} from "./run_form.ts";

/** Where things lie in memory. */
export interface RunPlaces {
  /** Where records' starts lie; addresses given to the function are in here. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly columnsAt: readonly number[];
  /** Where the patterns may lie. */
  readonly patternsAt: number;
}

/** A date that times are compared with: JavaScript fills it in. */
interface DatePlace {
  /** Address of its text. */
  readonly textAt: number;
  /** Address of a double: when it begins, less the zone's offset. */
  readonly startAt: number;
}

/** The two dates that a time may have: about midnight there are two. */
export interface TimePlace {
  readonly slot: number;
  readonly offsetMs: number;
  readonly dates: readonly [DatePlace, DatePlace];
}

/** A function and the patterns that it compares with. */
export interface RunCode {
  readonly scan: WasmFunction;
  /** To be put at `patternsAt`. */
  readonly patterns: Uint8Array;
  readonly times: readonly TimePlace[];
}

const [AT, LIMIT, DELTA, ROW, P, END, MASK, ODD, WRONG, X] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const;

const LOAD_32 = [0x28] as const;
const LOAD_8 = [0x2d] as const;
const LOAD_DOUBLE = [0x2b] as const;
const STORE_DOUBLE = [0x39] as const;
const LOAD = simd(0x00);
const SWIZZLE = simd(0x0e);
const LANE = (index: number): Code => [...simd(0x1b), index];
const BYTES_EQUAL = simd(0x23);
const BYTES_BELOW = simd(0x26);
const HALVES_ABOVE = simd(0x31);
const AND = simd(0x4e);
const OR = simd(0x50);
const XOR = simd(0x51);
const ANY = simd(0x53);
const BIT_MASK = simd(0x64);
const SUBTRACT = simd(0x71);
const SUBTRACT_TO_ZERO = simd(0x73);
const NARROW = simd(0x85);
const SHIFT_HALVES = simd(0x8d);
const ADD_HALVES = simd(0x8e);
const MULTIPLY_HALVES = simd(0x95);
const DOT = simd(0xba);
const I32_ADD = [0x6a];
const I32_MULTIPLY = [0x6c];
const DOUBLE_OF = [0xb7];
const BLOCK = [0x02, 0x40];
const BLOCK_OF_DOUBLE = [0x02, 0x7c];
const DROP = [0x1a];
const LOOP = [0x03, 0x40];
const DONE = [0x0b];
const branch = (depth: number): Code => [0x0c, depth];
const branchIf = (depth: number): Code => [0x0d, depth];

/**
 * Pushes a vector that lies with the patterns: to load one is one instruction,
 * to make it of integers four, in every record anew.
 */
type Constant = (bytes: readonly number[]) => Code;

const copies = (byte: number): number[] =>
  new Array<number>(CHUNK_BYTES).fill(byte);
const halves = (...values: readonly number[]): number[] => {
  const all = new Int16Array(CHUNK_BYTES / 2);
  all.set(values);
  return [...new Uint8Array(all.buffer)];
};
const double = (value: number): Code => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [0x44, ...bytes];
};
const advance = (bytes: number): Code => [
  ...[...get(P), ...i32(bytes), ...I32_ADD, ...set(P)],
];

/** Picks bytes by their index; none where there is no index. */
const NOTHING = 0x80;

/** Loads bytes, takes digits out of them in order, as pairs: tens and ones. */
function digitPairs(
  constant: Constant,
  offset: number,
  picked: readonly number[],
): Code {
  return [
    ...[...get(P), ...access(LOAD, offset)],
    ...[...constant(copies(BYTE.zero)), ...SUBTRACT],
    ...[...constant(picked), ...SWIZZLE, ...tee(X)],
    ...[...constant(copiesOfHalf(0xff)), ...AND],
    ...[...constant(copiesOfHalf(10)), ...MULTIPLY_HALVES],
    ...[...get(X), ...i32(8), ...SHIFT_HALVES, ...ADD_HALVES],
  ];
}

function copiesOfHalf(value: number): number[] {
  return halves(...new Array<number>(CHUNK_BYTES / 2).fill(value));
}

/** Digits that one 32-bit integer holds here. */
const LOW_DIGITS = 8;
const LOW_DIGITS_POWER = 1e8;

/** Which byte of a number's text is each of sixteen digits, zeros in front. */
function picksOf({
  isNegative,
  wholeDigits,
  fractionDigits,
}: NumberShape): number[] {
  const count = wholeDigits + fractionDigits;
  return Array.from({ length: CHUNK_BYTES }, (_, i) => {
    const digit = i - CHUNK_BYTES + count;
    if (digit < 0) return NOTHING;
    return Number(isNegative) + digit + Number(digit >= wholeDigits);
  });
}

/** The value of a number: digits as one integer, divided once. */
function numberValue(
  constant: Constant,
  offset: number,
  shape: NumberShape,
): Code {
  const { isNegative, wholeDigits, fractionDigits } = shape;
  // Rounded alike whatever the signs.
  const divisor = (isNegative ? -1 : 1) * 10 ** fractionDigits;
  const isLong = wholeDigits + fractionDigits > LOW_DIGITS;
  return [
    ...digitPairs(constant, offset, picksOf(shape)),
    ...[...constant(halves(100, 1, 100, 1, 100, 1, 100, 1)), ...DOT],
    ...[...tee(X), ...get(X), ...NARROW],
    ...[...constant(halves(10_000, 1, 10_000, 1)), ...DOT],
    ...[...tee(X), ...LANE(1), ...DOUBLE_OF],
    ...(isLong
      ? [
          ...[...get(X), ...LANE(0), ...DOUBLE_OF],
          ...[...double(LOW_DIGITS_POWER), 0xa2, 0xa0],
        ]
      : []),
    ...(fractionDigits > 0 ? [...double(divisor), 0xa3] : []),
    ...(fractionDigits === 0 && isNegative ? [0x9a] : []),
  ];
}

/** Quote and date come before the clock. */
const DATE_AT = 1;
const DATE_BYTES = 10;
const CLOCK_AT = DATE_AT + DATE_BYTES;
/** Where the clock's digits are: `Thh:mm:ss.fff`. */
const CLOCK_DIGITS = [1, 2, 4, 5, 7, 8] as const;
const FRACTION_AT = 10;

/** Bits of a date's bytes. */
const DATE_MASK = (1 << DATE_BYTES) - 1;

/** Whether the date is that at an address. */
function hasDate(offset: number, { textAt }: DatePlace): Code {
  return [
    ...[...get(P), ...access(LOAD, offset + DATE_AT)],
    ...[...i32(0), ...access(LOAD, textAt), ...BYTES_EQUAL, ...BIT_MASK],
    ...[...i32(DATE_MASK), 0x71, ...i32(DATE_MASK), 0x46],
  ];
}

/**
 * When the date begins; one that is neither of both is odd. The second is
 * compared only where it isn't the first, which can be foreseen.
 */
function dateStart(offset: number, [first, second]: TimePlace["dates"]): Code {
  return [
    ...[...BLOCK_OF_DOUBLE, ...i32(0), ...access(LOAD_DOUBLE, first.startAt)],
    ...[...hasDate(offset, first), ...branchIf(0), ...DROP],
    ...[...get(ODD), ...hasDate(offset, second), 0x45, 0x72, ...set(ODD)],
    ...[...i32(0), ...access(LOAD_DOUBLE, second.startAt), ...DONE],
  ];
}

type TimeReading = Extract<RunReading, { type: "time" }>;

/** The value of a time; what is no time of a day is wrong. */
function timeValue(
  constant: Constant,
  { offset, form: { fractionDigits } }: TimeReading,
  dates: TimePlace["dates"],
): Code {
  const pick = (digit: number) =>
    digit < fractionDigits ? FRACTION_AT + digit : NOTHING;
  const picked = [
    ...[...CLOCK_DIGITS, pick(0), pick(1), NOTHING, pick(2)],
    ...new Array<number>(6).fill(NOTHING),
  ];
  return [
    ...[...digitPairs(constant, offset + CLOCK_AT, picked), ...tee(X)],
    ...[...constant(halves(23, 59, 59, 99, 9)), ...HALVES_ABOVE],
    ...[...get(WRONG), ...OR, ...set(WRONG)],
    ...[...get(X), ...constant(halves(3_600, 60, 1_000, 10, 1)), ...DOT],
    ...tee(X),
    ...[...LANE(0), ...i32(1_000), ...I32_MULTIPLY],
    ...[...get(X), ...LANE(1), ...I32_ADD, ...get(X), ...LANE(2), ...I32_ADD],
    ...[...DOUBLE_OF, ...dateStart(offset, dates), 0xa0],
  ];
}

/** How the bytes at an offset differ from a pattern that allows no others. */
function difference(offset: number, patternAt: number): Code {
  return [
    ...[...get(P), ...access(LOAD, offset)],
    ...[...i32(0), ...access(LOAD, patternAt), ...XOR],
  ];
}

/** What is left of the bytes at an offset above what the pattern allows. */
function excess(offset: number, patternAt: number): Code {
  return [
    ...[...get(P), ...access(LOAD, offset)],
    ...[...i32(0), ...access(LOAD, patternAt), ...SUBTRACT],
    ...[...i32(0), ...access(LOAD, patternAt + CHUNK_BYTES)],
    ...SUBTRACT_TO_ZERO,
  ];
}

/** Checks a string without escapes and goes behind it. */
function skipString(constant: Constant): Code {
  const notQuote = [
    ...[...get(P), ...access(LOAD_8, 0), ...i32(BYTE.quote), 0x47],
    ...branchIf(1),
  ];
  const has = (byte: number) => [
    ...[...get(X), ...constant(copies(byte)), ...BYTES_EQUAL],
  ];
  return [
    ...[...notQuote, ...advance(1)],
    ...[...BLOCK, ...LOOP],
    ...[...get(P), ...access(LOAD, 0), ...set(X)],
    ...[...has(BYTE.quote), ...has(BYTE.backslash), ...OR],
    ...[...get(X), ...constant(copies(BYTE.space)), ...BYTES_BELOW, ...OR],
    ...[...BIT_MASK, ...tee(MASK), ...branchIf(1), ...advance(CHUNK_BYTES)],
    // What runs on beyond its record is none.
    ...[...get(P), ...get(END), 0x49, ...branchIf(0), ...branch(3)],
    ...[...DONE, ...DONE],
    ...[...get(P), ...get(MASK), 0x68, ...I32_ADD, ...set(P)],
    ...[...notQuote, ...advance(1)],
  ];
}

/** Makes the code, and the patterns on the way. */
class RunEmitter {
  readonly patterns: number[] = [];
  readonly times: TimePlace[] = [];
  readonly #places: RunPlaces;
  /** Addresses of constants, by their bytes. */
  readonly #constants = new Map<string, number>();

  constructor(places: RunPlaces) {
    this.#places = places;
  }

  #add(bytes: readonly number[]): number {
    const at = this.#places.patternsAt + this.patterns.length;
    this.patterns.push(...bytes);
    return at;
  }

  readonly #constant: Constant = (bytes) => {
    const key = bytes.join();
    const at = this.#constants.get(key) ?? this.#add(bytes);
    this.#constants.set(key, at);
    return [...i32(0), ...access(LOAD, at)];
  };

  /** Adds a pattern; what is behind its end may be anything. */
  #pattern(cells: readonly Cell[]): number {
    const at = this.#places.patternsAt + this.patterns.length;
    for (let from = 0; from < cells.length; from += CHUNK_BYTES) {
      const chunk = Array.from(
        { length: CHUNK_BYTES },
        (_, i): Cell => cells[from + i] ?? [0, 0xff],
      );
      this.#add(chunk.map(([least]) => least));
      this.#add(chunk.map(([, span]) => span));
    }
    return at;
  }

  #reading(reading: RunReading): Code {
    const column = this.#places.columnsAt[reading.slot] ?? 0;
    const value =
      reading.type === "number"
        ? numberValue(this.#constant, reading.offset, reading.shape)
        : this.#time(reading);
    return [...get(ROW), ...value, ...access(STORE_DOUBLE, column)];
  }

  #time(reading: TimeReading): Code {
    const { slot, form } = reading;
    const place = (): DatePlace => {
      const nothing = new Array<number>(CHUNK_BYTES).fill(0);
      return { textAt: this.#add(nothing), startAt: this.#add(nothing) };
    };
    const dates = [place(), place()] as const;
    this.times.push({ slot, offsetMs: form.offsetMs, dates });
    return timeValue(this.#constant, reading, dates);
  }

  /** @param known How many bytes have been compared already. */
  #fixed({ cells, readings }: FixedPart, known: number): Code {
    const unknown = cells.slice(known);
    const patternAt = this.#pattern(unknown);
    const code: number[] = [];
    for (let from = 0; from < unknown.length; from += CHUNK_BYTES) {
      const chunk = unknown.slice(from, from + CHUNK_BYTES);
      const isLiteral =
        chunk.length === CHUNK_BYTES && chunk.every(([, span]) => span === 0);
      const wrong = isLiteral ? difference : excess;
      code.push(...wrong(known + from, patternAt + 2 * from));
      code.push(...get(WRONG), ...OR, ...set(WRONG));
    }
    for (const one of readings) code.push(...this.#reading(one));
    return [...code, ...advance(cells.length)];
  }

  /** Tries one form after the other; `next` is what is behind the value. */
  #choice(choices: readonly FixedPart[], next: readonly Cell[]): Code {
    const tries = choices.map(({ cells, readings }) => {
      const patternAt = this.#pattern([...cells, ...next]);
      return [
        ...[...BLOCK, ...excess(0, patternAt), ...ANY, ...branchIf(0)],
        ...readings.flatMap((one) => this.#reading(one)),
        ...[...advance(cells.length), ...branch(1), ...DONE],
      ];
    });
    return [...BLOCK, ...tries.flat(), ...branch(2), ...DONE];
  }

  part(parts: readonly RunPart[], index: number): Code {
    const part = parts[index];
    if (part?.type === "fixed") {
      return this.#fixed(part, bytesBehind(parts[index - 1], part).length);
    }
    if (part?.type === "choice") {
      return this.#choice(part.choices, bytesBehind(part, parts[index + 1]));
    }
    return skipString(this.#constant);
  }
}

/** The bytes behind a value that are compared together with it. */
function bytesBehind(
  value: RunPart | undefined,
  following: RunPart | undefined,
): readonly Cell[] {
  if (value?.type !== "choice" || following?.type !== "fixed") return [];
  const longest = Math.max(...value.choices.map(({ cells }) => cells.length));
  return following.cells.slice(0, CHUNK_BYTES - longest);
}

/** The record has to end here, or with a line feed. */
function checkEnd(): Code {
  const equal = [0x46];
  return [
    ...[...get(P), ...get(END), ...equal],
    ...[...get(P), ...i32(1), ...I32_ADD, ...get(END), ...equal],
    ...[...get(P), ...access(LOAD_8, 0), ...i32(BYTE.lineFeed), ...equal],
    ...[0x71, 0x72, 0x45, ...branchIf(1)],
  ];
}

/**
 * Makes a function: `scan(at, limit, delta, row)` scans records from the one
 * whose start lies at address `at` up to that before `limit`; `delta` is added
 * to starts and ends, and `row` is where the columns' first free row lies. It
 * gives the address of the first start whose record has not this form.
 */
export function runCode(parts: readonly RunPart[], places: RunPlaces): RunCode {
  const emitter = new RunEmitter(places);
  const position = (at: number, local: number) => [
    ...[...get(AT), ...access(LOAD_32, at - places.startsAt)],
    ...[...get(DELTA), ...I32_ADD, ...set(local)],
  ];
  const body = [
    ...[...BLOCK, ...LOOP],
    ...[...position(places.startsAt, P), ...position(places.endsAt, END)],
    ...[...vector(copies(0)), ...set(WRONG), ...i32(0), ...set(ODD)],
    ...parts.flatMap((_, i) => emitter.part(parts, i)),
    ...[...get(WRONG), ...ANY, ...get(ODD), 0x72, ...branchIf(1)],
    ...checkEnd(),
    ...[...get(ROW), ...i32(8), ...I32_ADD, ...set(ROW)],
    ...[...get(AT), ...i32(4), ...I32_ADD, ...tee(AT)],
    ...[...get(LIMIT), 0x49, ...branchIf(0)],
    ...[...DONE, ...DONE, ...get(AT)],
  ];
  const scan: WasmFunction = {
    name: "scan",
    parameterCount: 4,
    hasResult: true,
    integerCount: WRONG - P,
    vectorCount: 2,
    body,
  };
  const patterns = Uint8Array.from(emitter.patterns);
  return { scan, patterns, times: emitter.times };
}

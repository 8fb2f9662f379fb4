/**
 * Walks the records of a JSON answer, as WebAssembly: those without white space
 * and escapes. Their base64 is decoded where it stands.
 *
 * Length: it is one thing, as all of the code works on the same few locals.
 *
 * @module
 */
import {
  AT,
  type Base,
  BIT,
  BYTE,
  byteAt,
  differs,
  END,
  endRow,
  enterArrival,
  enterRange,
  finish,
  HAS,
  HAS_ARRIVAL,
  HAS_DATA,
  HAS_KEY,
  HAS_OTHER,
  HAS_SEQUENCE,
  lacksNeeded,
  OP,
  P,
  PLACES,
  ROW,
  ROW_LIMIT,
  START,
  toColumn,
} from "./walk_code.ts";
import {
  access,
  type Code,
  get,
  i32,
  i64,
  memory,
  set,
  simd,
  tee,
  vector,
  type WasmFunction,
} from "./wasm_code.ts";
import {
  advance,
  assembled,
  block,
  type Flow,
  leave,
  leaveIf,
  loop,
  when,
} from "./wasm_flow.ts";

/** Locals of its own. */
const [STOP, COUNT, SCALE, POINT] = [10, 11, 12, 13] as const;
const INTEGERS = 10;
const [X] = [14] as const;
const [MANTISSA, EIGHT] = [15, 16] as const;
const [VALUE, ROUNDED] = [17, 18] as const;

const byteOf = (character: string) => character.charCodeAt(0);
const QUOTE = byteOf('"');
const ZERO = byteOf("0");
const SPACE = byteOf(" ");

/** The function that decodes base64 is the module's first one. */
const CALL_DECODE: Code = [0x10, 0];

const COPIES = (byte: number): Code => vector(new Array<number>(16).fill(byte));
const BYTES_EQUAL = simd(0x23);
const BYTES_BELOW_SIGNED = simd(0x25);
const OR_VECTOR = simd(0x50);
const BIT_MASK = simd(0x64);

/** Whether the byte so far ahead is this one. */
const hasByte = (base: Base, ahead: number, character: string): Code => [
  ...[...byteAt(base, ahead), ...i32(byteOf(character)), ...OP.equal],
];

/** Passes over data and enters it, decoded. */
const data = (base: Base): readonly Flow[] => [
  [...get(P), ...set(START)],
  ...[
    [...get(P), ...i32(base + PLACES.text), ...OP.add, ...tee(STOP)],
    [...get(STOP), ...get(END), ...i32(base + PLACES.text), ...OP.add],
    [...CALL_DECODE, ...i32(base + PLACES.text), ...OP.subtract],
    [...tee(STOP), ...set(P)],
  ],
  hasByte(base, 0, "="),
  when(advance(P, 1), [
    ...get(P),
    ...hasByte(base, 0, "="),
    ...OP.add,
    ...set(P),
  ]),
  // The text's length is a multiple of four, and a quote follows.
  [...get(P), ...get(START), ...OP.subtract, ...i32(3), ...OP.and],
  leaveIf("exit"),
  [...byteAt(base, 0), ...i32(QUOTE), ...OP.notEqual],
  leaveIf("exit"),
  toColumn(base, "dataStarts"),
  ...enterRange(get(START), [
    ...[...get(START), ...get(P), ...get(START), ...OP.subtract],
    ...[...i32(2), ...OP.shiftRight, ...i32(3), 0x6c, ...OP.add],
    ...[...get(P), ...get(STOP), ...OP.subtract, ...OP.subtract],
  ]),
  advance(P, 1),
  leave("next"),
];

/** Passes over a plain string whose quote was passed, and enters it. */
const text = (base: Base): readonly Flow[] => [
  [...get(P), ...set(START)],
  loop(
    "characters",
    [...get(P), ...memory(0x00, base + PLACES.text), ...tee(X)],
    [...COPIES(QUOTE), ...BYTES_EQUAL],
    [...get(X), ...COPIES(byteOf("\\")), ...BYTES_EQUAL, ...OR_VECTOR],
    // Control characters, and what is beyond ASCII.
    [...get(X), ...COPIES(SPACE), ...BYTES_BELOW_SIGNED, ...OR_VECTOR],
    [...BIT_MASK, ...tee(BYTE), ...OP.isZero],
    when(advance(P, 16), leave("characters")),
  ),
  [...get(P), ...get(BYTE), ...OP.countZeros, ...OP.add, ...set(P)],
  [...byteAt(base, 0), ...i32(QUOTE), ...OP.notEqual],
  leaveIf("exit"),
  ...enterRange(get(START), get(P)),
  advance(P, 1),
];

const AND_LONG = [0x83];
const ADD_LONG = [0x7c];
const SUBTRACT_LONG = [0x7d];
const MULTIPLY_LONG = [0x7e];
const SHIFT_LONG = [0x88];
const EQUAL_LONG = [0x51];
const LONG_OF = [0xad];
const LONG_TO_DOUBLE = [0xba];
const HIGH_HALVES = 0xf0f0_f0f0_f0f0_f0f0n;
const DIGITS = 0x3030_3030_3030_3030n;
const SIXES = 0x0606_0606_0606_0606n;
const EVERY_FOURTH = 0x0000_00ff_0000_00ffn;
/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS_MAX = 15;

const areDigits = (value: Code): Code => [
  ...[...value, ...i64(HIGH_HALVES), ...AND_LONG, ...i64(DIGITS)],
  ...EQUAL_LONG,
];

/** The value of eight digits: first pairs, then both halves of four. */
const eightDigits: Code = [
  ...[...get(EIGHT), ...i64(DIGITS), ...SUBTRACT_LONG, ...tee(EIGHT)],
  ...[...i64(10n), ...MULTIPLY_LONG, ...get(EIGHT), ...i64(8n), ...SHIFT_LONG],
  ...[...ADD_LONG, ...tee(EIGHT), ...i64(EVERY_FOURTH), ...AND_LONG],
  ...[...i64(0x000f_4240_0000_0064n), ...MULTIPLY_LONG],
  ...[...get(EIGHT), ...i64(16n), ...SHIFT_LONG, ...i64(EVERY_FOURTH)],
  ...[...AND_LONG, ...i64(0x0000_2710_0000_0001n), ...MULTIPLY_LONG],
  ...[...ADD_LONG, ...i64(32n), ...SHIFT_LONG],
];

/** Puts digits behind those that were read. */
const append = (
  count: number,
  [power, value]: readonly [bigint, Code],
): readonly Flow[] => [
  [...get(MANTISSA), ...i64(power), ...MULTIPLY_LONG, ...value, ...ADD_LONG],
  set(MANTISSA),
  advance(P, count),
  [...get(COUNT), ...i32(count), ...OP.add, ...tee(COUNT)],
  [...i32(EXACT_DIGITS_MAX), ...OP.above],
  leaveIf("exit"),
];

const digitAt = (base: Base, ahead: number): Code => [
  ...[...byteAt(base, ahead), ...i32(ZERO), ...OP.subtract],
];

/** Reads digits, with a point somewhere between them. */
const digits = (base: Base): Flow =>
  loop(
    "digits",
    [...get(P), ...access(OP.load64, base + PLACES.text), ...tee(EIGHT)],
    areDigits([]),
    areDigits([...get(EIGHT), ...i64(SIXES), ...ADD_LONG]),
    OP.and,
    when(...append(8, [100_000_000n, eightDigits]), leave("digits")),
    [...digitAt(base, 0), ...tee(BYTE), ...i32(10), ...OP.below],
    when(...append(1, [10n, [...get(BYTE), ...LONG_OF]]), leave("digits")),
    [...get(BYTE), ...i32(byteOf(".") - ZERO), ...OP.equal],
    [...get(POINT), ...i32(0), ...OP.belowSigned, ...OP.and],
    when(
      [...digitAt(base, 1), ...i32(9), ...OP.above],
      leaveIf("exit"),
      [...get(COUNT), ...set(POINT)],
      advance(P, 1),
      leave("digits"),
    ),
  );

/** Reads an exponent of one digit: Java writes times as 1.451606400123E9. */
const exponent = (base: Base): readonly Flow[] => [
  [
    ...byteAt(base, 0),
    ...i32(SPACE),
    ...OP.or,
    ...i32(byteOf("e")),
    ...OP.equal,
  ],
  when(
    [...digitAt(base, 1), ...tee(BYTE), ...i32(9), ...OP.above],
    leaveIf("exit"),
    [...get(SCALE), ...get(BYTE), ...OP.add, ...set(SCALE)],
    advance(P, 2),
    [...digitAt(base, 0), ...i32(10), ...OP.below],
    leaveIf("exit"),
  ),
];

/** The power of ten by a local, whose sign is as given. */
const power = (base: Base, exponent: Code): Code => [
  ...[...exponent, ...i32(3), ...OP.shiftLeft],
  ...access(OP.loadDouble, base + PLACES.powers),
];

/**
 * A positive number of few digits, as JSON.parse reads it: one integer, exact,
 * and one power of ten, exact: one rounding, the right one.
 */
const arrival = (base: Base): readonly Flow[] => [
  [...i64(0n), ...set(MANTISSA), ...i32(0), ...set(COUNT), ...i32(-1)],
  set(POINT),
  [...digitAt(base, 0), ...i32(1), ...OP.subtract, ...i32(8), ...OP.above],
  leaveIf("exit"),
  digits(base),
  [...i32(0), ...get(POINT), ...get(COUNT), ...OP.subtract],
  [...get(POINT), ...i32(0), ...OP.belowSigned, ...OP.select, ...set(SCALE)],
  ...exponent(base),
  [...get(MANTISSA), ...LONG_TO_DOUBLE, ...set(VALUE)],
  [...get(SCALE), ...i32(0), ...OP.belowSigned],
  when([
    ...get(VALUE),
    ...power(base, [...i32(0), ...get(SCALE), ...OP.subtract]),
    ...[...OP.divideDouble, ...set(VALUE), ...i32(0), ...set(SCALE)],
  ]),
  [...get(VALUE), ...power(base, get(SCALE)), ...OP.multiplyDouble],
  [...set(VALUE), ...enterArrival(base, VALUE, ROUNDED)],
  leave("next"),
];

/** Passes over a name when it is this one; then what follows. */
const member = (
  base: Base,
  [name, bit]: readonly [string, number],
  ...value: readonly Flow[]
): Flow => {
  const start = Buffer.from(`"${name}":${bit === HAS_ARRIVAL ? "" : '"'}`);
  return block(
    name,
    [...get(BYTE), ...i32(byteOf(name)), ...OP.notEqual],
    leaveIf(name),
    differs(base, start),
    leaveIf("exit"),
    advance(P, start.length),
    [...i32(bit), ...set(BIT)],
    ...value,
  );
};

const string = (
  base: Base,
  column: Parameters<typeof toColumn>[1],
): readonly Flow[] => [toColumn(base, column), leave("string")];

/** One member of a record. */
const entry = (base: Base): readonly Flow[] => [
  [...byteAt(base, 1), ...set(BYTE)],
  block(
    "next",
    block(
      "string",
      member(base, ["Data", HAS_DATA], ...data(base)),
      member(
        base,
        ["SequenceNumber", HAS_SEQUENCE],
        ...string(base, "sequenceStarts"),
      ),
      member(base, ["PartitionKey", HAS_KEY], ...string(base, "keyStarts")),
      member(base, ["EncryptionType", HAS_OTHER], ...string(base, undefined)),
      member(
        base,
        ["ApproximateArrivalTimestamp", HAS_ARRIVAL],
        ...arrival(base),
      ),
      leave("exit"),
    ),
    ...text(base),
  ),
  // Of members that come twice the last one counts: not here.
  [...get(HAS), ...get(BIT), ...OP.and],
  leaveIf("exit"),
  [...get(HAS), ...get(BIT), ...OP.or, ...set(HAS)],
  [...byteAt(base, 0), ...set(BYTE)],
  advance(P, 1),
  [...get(BYTE), ...i32(byteOf(",")), ...OP.equal],
  leaveIf("entry"),
  [...get(BYTE), ...i32(byteOf("}")), ...OP.notEqual],
  leaveIf("exit"),
];

/**
 * The walker, with its own part of memory at an address. Behind it stands what
 * it calls: `base64Decode`. Zeros must follow `end`. It gives the place behind a
 * record, or, where a comma and another record follow, of that.
 */
export const jsonWalk = (base: Base) =>
  ({
    name: "json" as const,
    parameterCount: 4,
    hasResult: true,
    integerCount: INTEGERS,
    vectorCount: 1,
    longCount: 2,
    doubleCount: 2,
    body: [
      ...assembled([
        block(
          "exit",
          loop(
            "record",
            [...get(ROW), ...get(ROW_LIMIT), ...OP.notBelow],
            leaveIf("exit"),
            [...get(AT), ...set(P)],
            [...hasByte(base, 0, "{"), ...OP.isZero],
            leaveIf("exit"),
            [...i32(0), ...set(HAS)],
            advance(P, 1),
            loop("entry", ...entry(base)),
            lacksNeeded,
            leaveIf("exit"),
            ...endRow(base),
            [...get(P), ...set(AT)],
            [...hasByte(base, 0, ","), ...hasByte(base, 1, "{"), ...OP.and],
            when(
              [...get(P), ...i32(1), ...OP.add, ...set(AT)],
              leave("record"),
            ),
          ),
        ),
      ]),
      ...finish(base),
    ],
  }) satisfies WasmFunction;

/**
 * Walks the records of a CBOR answer, as WebAssembly: those of the service's own
 * shape, a map of known keys with strings of known length.
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
  type Code,
  get,
  i32,
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
const [IS_OPEN, LEFT, MAJOR, LENGTH] = [10, 11, 12, 13] as const;
const INTEGERS = 10;
const [VALUE, ROUNDED] = [14, 15] as const;

const OPEN_MAP = 0xbf;
const MAP = 0xa0;
const BREAK = 0xff;
const BYTES = 0x40;
const TEXT = 0x60;
const TIME_TAG = 0xc1;
const ENTRIES_MAX = 23;
/** Longest key with its head, and the longest head of a value with a tag. */
const HEADS_MAX = 29 + 10;

/** Eight bytes from the place on, the first one highest, as one long. */
const longAt = (base: Base): Code => [
  ...[...get(P), ...memory(0x5d, base + PLACES.text)],
  ...vector([7, 6, 5, 4, 3, 2, 1, 0, ...new Array<number>(8).fill(0x80)]),
  ...[...simd(0x0e), ...simd(0x1d), 0],
];
const LONG_TO_DOUBLE = [0xba];
const LONG_AS_DOUBLE = [0xbf];

/** Some bytes from the place on, the first one highest, as one integer. */
const integerAt = (base: Base, count: number): Code =>
  Array.from({ length: count }, (_, i): Code => {
    const shift = 8 * (count - 1 - i);
    return [
      ...byteAt(base, i),
      ...(shift > 0 ? [...i32(shift), ...OP.shiftLeft] : []),
      ...(i > 0 ? OP.or : []),
    ];
  }).flat();

/** Reads a head's argument into a local when the byte is this one. */
const argument = (
  base: Base,
  [info, count]: readonly [number, number],
): readonly Flow[] => [
  [...get(LENGTH), ...i32(info), ...OP.equal],
  when(
    [...integerAt(base, count), ...set(LENGTH)],
    advance(P, count),
    leave("known"),
  ),
];

/** The length of a string whose head comes next. */
const stringLength = (base: Base): readonly Flow[] => [
  [...byteAt(base, 0), ...get(MAJOR), ...OP.subtract, ...set(LENGTH)],
  advance(P, 1),
  block(
    "known",
    [...get(LENGTH), ...i32(24), ...OP.below],
    leaveIf("known"),
    ...argument(base, [24, 1]),
    ...argument(base, [25, 2]),
    ...argument(base, [26, 4]),
    leave("exit"),
  ),
  [...get(LENGTH), ...get(END), ...get(P), ...OP.subtract, ...OP.above],
  leaveIf("exit"),
];

/** An arrival time of one form. */
const time = (
  base: Base,
  head: number,
  [value, count]: readonly [Code, number],
): readonly Flow[] => [
  [...get(BYTE), ...i32(head), ...OP.equal],
  when(
    [...value, ...set(VALUE), ...enterArrival(base, VALUE, ROUNDED)],
    advance(P, count),
    leave("next"),
  ),
];

const arrival = (base: Base): readonly Flow[] => [
  [...i32(HAS_ARRIVAL), ...set(BIT), ...byteAt(base, 0), ...set(BYTE)],
  advance(P, 1),
  [...get(BYTE), ...i32(TIME_TAG), ...OP.equal],
  when([...byteAt(base, 0), ...set(BYTE)], advance(P, 1)),
  ...time(base, 0xfb, [[...longAt(base), ...LONG_AS_DOUBLE], 8]),
  ...time(base, 0x1b, [[...longAt(base), ...LONG_TO_DOUBLE], 8]),
  ...time(base, 0x1a, [[...integerAt(base, 4), 0xb8], 4]),
  leave("exit"),
];

/** A key as it is encoded. */
function keyBytes(text: string): Buffer {
  const { length } = text;
  const head = length < 24 ? [TEXT + length] : [TEXT + 24, length];
  return Buffer.concat([Buffer.from(head), Buffer.from(text)]);
}

/** Passes over a key when it is this one, and says what its value is. */
function key(
  base: Base,
  text: string,
  [bit, column]: readonly [number, Parameters<typeof toColumn>[1]],
): readonly Flow[] {
  const bytes = keyBytes(text);
  return [
    block(
      text,
      // Other keys are told by their heads.
      [...get(BYTE), ...i32(bytes[0] ?? 0), ...OP.notEqual],
      leaveIf(text),
      differs(base, bytes),
      leaveIf(text),
      advance(P, bytes.length),
      [...i32(bit), ...set(BIT), ...toColumn(base, column)],
      [...i32(bit === HAS_DATA ? BYTES : TEXT), ...set(MAJOR)],
      leave("string"),
    ),
  ];
}

/** One entry of a record. */
function entry(base: Base): readonly Flow[] {
  const arrivalKey = keyBytes("ApproximateArrivalTimestamp");
  return [
    [
      ...get(IS_OPEN),
      ...byteAt(base, 0),
      ...i32(BREAK),
      ...OP.equal,
      ...OP.and,
    ],
    when(advance(P, 1), leave("whole")),
    [...get(END), ...get(P), ...OP.subtract, ...i32(HEADS_MAX)],
    OP.belowSigned,
    leaveIf("exit"),
    [...byteAt(base, 0), ...set(BYTE)],
    block(
      "next",
      block(
        "string",
        ...key(base, "SequenceNumber", [HAS_SEQUENCE, "sequenceStarts"]),
        ...key(base, "Data", [HAS_DATA, "dataStarts"]),
        ...key(base, "PartitionKey", [HAS_KEY, "keyStarts"]),
        ...key(base, "EncryptionType", [HAS_OTHER, undefined]),
        differs(base, arrivalKey),
        leaveIf("exit"),
        advance(P, arrivalKey.length),
        ...arrival(base),
      ),
      ...stringLength(base),
      [...get(P), ...tee(START), ...get(LENGTH), ...OP.add, ...set(P)],
      ...enterRange(get(START), get(P)),
    ),
    [...get(HAS), ...get(BIT), ...OP.or, ...set(HAS)],
    [...get(LEFT), ...i32(1), ...OP.subtract, ...tee(LEFT)],
    leaveIf("entry"),
    get(IS_OPEN),
    leaveIf("exit"),
  ];
}

/** The walker, with its own part of memory at an address. */
export const cborWalk = (base: Base) =>
  ({
    name: "cbor" as const,
    parameterCount: 4,
    hasResult: true,
    integerCount: INTEGERS,
    vectorCount: 0,
    doubleCount: 2,
    body: [
      ...assembled([
        block(
          "exit",
          loop(
            "record",
            [...get(ROW), ...get(ROW_LIMIT), ...OP.notBelow],
            leaveIf("exit"),
            [...get(AT), ...tee(P), ...get(END), ...OP.notBelow],
            leaveIf("exit"),
            [...byteAt(base, 0), ...tee(BYTE), ...i32(OPEN_MAP), ...OP.equal],
            [...set(IS_OPEN), ...i32(0), ...set(HAS)],
            advance(P, 1),
            [...i32(ENTRIES_MAX), ...get(BYTE), ...i32(MAP), ...OP.subtract],
            [...get(IS_OPEN), ...OP.select, ...tee(LEFT)],
            [...i32(1), ...OP.subtract, ...i32(ENTRIES_MAX), ...OP.notBelow],
            leaveIf("exit"),
            block("whole", loop("entry", ...entry(base))),
            lacksNeeded,
            leaveIf("exit"),
            ...endRow(base),
            [...get(P), ...set(AT)],
            leave("record"),
          ),
        ),
      ]),
      ...finish(base),
    ],
  }) satisfies WasmFunction;

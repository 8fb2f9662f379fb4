/**
 * Base64 decoded sixteen characters at a time, as WebAssembly: Muła's way, by
 * look-ups of the characters' halves, which also tell where the text ends.
 *
 * @module
 */
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

const CHARACTERS = 16;
const BYTES = 12;

/** Parameters, then vectors. */
const FROM = 0;
const TO = 1;
const LIMIT = 2;
const TEXT = 3;
const HIGH = 4;
const BAD = 5;
const FIRST_TABLE = 6;

const LOAD = 0x00;
const STORE = 0x0b;
/**
 * Looks bytes up. The relaxed one leaves open what an index above 15 gives, and
 * takes half the time; there is none here. Node 20 doesn't know it.
 */
const SWIZZLE = { plain: simd(0x0e), relaxed: simd(0x100) } as const;
const SPLAT = simd(0x0f);
const EQUAL = simd(0x23);
const NOT_EQUAL = simd(0x24);
const LESS_UNSIGNED = simd(0x26);
const AND = simd(0x4e);
const OR = simd(0x50);
const BIT_SELECT = simd(0x52);
const ANY_TRUE = simd(0x53);
const BIT_MASK = simd(0x64);
const ADD = simd(0x6e);
const SHIFT_LEFT_16 = simd(0x8b);
const SHIFT_RIGHT_16 = simd(0x8d);
const SHIFT_RIGHT_32 = simd(0xad);
const MULTIPLY_ADD_16 = simd(0xba);

const all = (byte: number): Code =>
  vector(Array.from({ length: CHARACTERS }, () => byte));
const words = (low: number, high: number): Code =>
  vector(
    Array.from({ length: CHARACTERS / 4 }, () => [
      ...[low, low >> 8],
      ...[high, high >> 8],
    ]).flat(),
  );

const SLASH = 0x2f;
const HALF = 0x0f;

/** A character is none of base64 when its halves have a bit in common here. */
const BAD_LOW = [
  ...[0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11],
  ...[0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a],
];
const BAD_HIGH = [
  ...[0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08],
  ...[0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10],
];
/** Added to a character by its high half, one less for a slash: its six bits. */
const ROLL = [0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0];
/** The bytes of four times 24 bits, which lie in 32, in their order. */
const ORDER = [2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 0, 0, 0, 0];
const PLACES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/**
 * What each turn of the loop needs. It waits in locals, from `FIRST_TABLE` on:
 * V8 would put a constant together anew in every turn, by several instructions.
 */
const TABLES = {
  halves: all(HALF),
  badLow: vector(BAD_LOW),
  badHigh: vector(BAD_HIGH),
  roll: vector(ROLL),
  slashes: all(SLASH),
  mask: words(0x0fc0, 0x0fc0),
  weights: words(0x1000, 1),
  order: vector(ORDER),
} as const;
const TABLE_NAMES = Object.keys(TABLES);
const table = (name: keyof typeof TABLES): Code =>
  get(FIRST_TABLE + TABLE_NAMES.indexOf(name));

/** Loads, notes what is bad, and decodes twelve bytes. */
const decoded = (lookUp: Code): Code => [
  ...[...get(FROM), ...memory(LOAD, 0), ...tee(TEXT)],
  ...[...i32(4), ...SHIFT_RIGHT_32, ...table("halves"), ...AND, ...set(HIGH)],
  ...[...table("badLow"), ...get(TEXT), ...table("halves"), ...AND, ...lookUp],
  ...[...table("badHigh"), ...get(HIGH), ...lookUp, ...AND, ...set(BAD)],
  ...[
    ...table("roll"),
    ...get(TEXT),
    ...table("slashes"),
    ...EQUAL,
    ...get(HIGH),
  ],
  ...[...ADD, ...lookUp, ...get(TEXT), ...ADD, ...tee(TEXT)],
  ...[...i32(6), ...SHIFT_LEFT_16, ...table("mask"), ...AND],
  ...[...get(TEXT), ...i32(8), ...SHIFT_RIGHT_16, ...OR],
  ...[...table("weights"), ...MULTIPLY_ADD_16],
  ...[...table("order"), ...lookUp, ...set(TEXT)],
];

/**
 * `decode(from, to, limit)` decodes the text at `from` into the bytes at `to`,
 * which must not lie behind it, up to the first character that isn't base64,
 * whose place it gives. A piece of sixteen that begins behind `limit` isn't
 * looked at: then it gives minus that place, less one. Sixteen bytes behind
 * `limit` must be readable; bytes at and behind the end of the text are left.
 */
export const base64Decode = (kind: keyof typeof SWIZZLE) =>
  ({
    name: "decode" as const,
    parameterCount: 3,
    hasResult: true,
    vectorCount: FIRST_TABLE - TEXT + TABLE_NAMES.length,
    body: [
      ...Object.values(TABLES).flatMap((value, index) => [
        ...value,
        ...set(FIRST_TABLE + index),
      ]),
      ...[0x02, 0x40, 0x03, 0x40],
      // Behind the limit: -1 - from.
      ...[...get(FROM), ...get(LIMIT), 0x4b, 0x04, 0x40],
      ...[...i32(-1), ...get(FROM), 0x6b, 0x0f, 0x0b],
      ...decoded(SWIZZLE[kind]),
      ...[...get(BAD), ...ANY_TRUE, 0x0d, 1],
      ...[...get(TO), ...get(TEXT), ...memory(STORE, 0)],
      ...[...get(TO), ...i32(BYTES), 0x6a, ...set(TO)],
      ...[...get(FROM), ...i32(CHARACTERS), 0x6a, ...set(FROM), 0x0c, 0],
      ...[0x0b, 0x0b],
      // The characters before the first bad one, and what they stand for.
      ...[
        ...get(BAD),
        ...all(0),
        ...NOT_EQUAL,
        ...BIT_MASK,
        0x68,
        ...set(LIMIT),
      ],
      ...[...get(TO), ...get(TEXT), ...get(TO), ...memory(LOAD, 0)],
      ...[...vector(PLACES), ...get(LIMIT), ...i32(3), 0x6c, ...i32(3), 0x6a],
      ...[...i32(2), 0x76, ...SPLAT, ...LESS_UNSIGNED, ...BIT_SELECT],
      ...memory(STORE, 0),
      ...[...get(FROM), ...get(LIMIT), 0x6a],
    ],
  }) satisfies WasmFunction;

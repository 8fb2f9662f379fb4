/**
 * MD5 of four texts at once, as WebAssembly: its 64 steps depend on each other,
 * so that one text leaves most of a processor idle.
 *
 * @module
 */
import {
  type Code,
  each,
  get,
  i32,
  memory,
  set,
  simd,
  tee,
  vector,
  type WasmFunction,
} from "./wasm_code.ts";

const LANES = 4;
const WORDS = 16;
const BLOCK_BYTES = 64;
const VECTOR_BYTES = 16;

/** Parameters, then the state, then a block's words. */
const AT = 0;
const END = 1;
const A = 2;
const X = A + LANES;
const SUM = X + WORDS;

const STEPS = 64;
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

const LOAD = 0x00;
const STORE = 0x0b;
const LOAD_WORD = 0x5c;
const LOAD_LANE = 0x56;
const NOT = simd(0x4d);
const OR = simd(0x50);
const XOR = simd(0x51);
/** Takes bits of the first where the third has ones, else of the second. */
const BIT_SELECT = simd(0x52);
const SHIFT_LEFT = simd(0xab);
const SHIFT_RIGHT = simd(0xad);
const ADD = simd(0xae);

/** The same 32 bits in each lane. */
function constant(value: number): Code {
  const bytes = [0, 8, 16, 24].map((bits) => value >>> bits);
  return vector([...bytes, ...bytes, ...bytes, ...bytes]);
}

/** What a step mixes of three parts of the state, and which word it takes. */
function mixed(step: number, [b, c, d]: readonly [number, number, number]) {
  const round = step >> 4;
  const codes: readonly Code[] = [
    [...get(c), ...get(d), ...get(b), ...BIT_SELECT],
    [...get(b), ...get(c), ...get(d), ...BIT_SELECT],
    [...get(b), ...get(c), ...XOR, ...get(d), ...XOR],
    [...get(c), ...get(b), ...get(d), ...NOT, ...OR, ...XOR],
  ];
  const words = [step, 5 * step + 1, 3 * step + 5, 7 * step];
  return { code: codes[round] ?? [], word: (words[round] ?? 0) % WORDS };
}

function step(index: number): Code {
  // The state's parts change places with each step.
  const part = (offset: number) => A + ((offset + 4 * STEPS - index) % LANES);
  const [a, b, c, d] = [part(0), part(1), part(2), part(3)] as const;
  const { code, word } = mixed(index, [b, c, d]);
  const bits = SHIFTS[(index >> 4) as 0]?.[(index % 4) as 0] ?? 0;
  const sine = Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32);
  return [
    ...[...get(a), ...code, ...ADD, ...get(X + word), ...ADD],
    ...[...constant(sine), ...ADD, ...tee(SUM), ...i32(bits), ...SHIFT_LEFT],
    ...[...get(SUM), ...i32(32 - bits), ...SHIFT_RIGHT, ...OR],
    ...[...get(b), ...ADD, ...set(a)],
  ];
}

/** Reads one word of each lane's block. */
function readWord(word: number, lanesAt: readonly number[]): Code {
  return lanesAt.flatMap((laneAt, lane) =>
    lane === 0
      ? [...get(AT), ...memory(LOAD_WORD, laneAt + 4 * word), ...set(X + word)]
      : [
          ...[...get(AT), ...get(X + word)],
          ...[...memory(LOAD_LANE, laneAt + 4 * word), lane, ...set(X + word)],
        ],
  );
}

/**
 * `blocks(from, to)` takes the blocks of all four lanes between
 * two offsets into the state at address 0.
 *
 * @param lanesAt Where each lane begins.
 */
export function md5Blocks(lanesAt: readonly number[]): WasmFunction {
  const state = (index: number) => VECTOR_BYTES * index;
  const body = [
    ...each(LANES, (i) => [
      ...i32(0),
      ...memory(LOAD, state(i)),
      ...set(A + i),
    ]),
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...get(AT), ...get(END), 0x4f, 0x0d, 1],
    ...each(WORDS, (word) => readWord(word, lanesAt)),
    ...each(STEPS, step),
    ...each(LANES, (i) => [
      ...[...get(A + i), ...i32(0), ...memory(LOAD, state(i)), ...ADD],
      ...set(A + i),
    ]),
    ...each(LANES, (i) => [
      ...[...i32(0), ...get(A + i), ...memory(STORE, state(i))],
    ]),
    ...[...get(AT), ...i32(BLOCK_BYTES), 0x6a, ...set(AT), 0x0c, 0],
    ...[0x0b, 0x0b],
  ];
  return {
    name: "blocks",
    parameterCount: 2,
    hasResult: false,
    vectorCount: LANES + WORDS + 1,
    body,
  };
}

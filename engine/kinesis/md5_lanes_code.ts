/**
 * MD5 of eight texts at once, as WebAssembly: two groups of four, as a vector
 * has. The 64 steps of a text depend on each other, so that one text, and one
 * group too, leave much of a processor idle.
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

const GROUPS = 2;
/** Lanes of a group; also the parts of a state. */
const LANES = 4;
const WORDS = 16;
const BLOCK_BYTES = 64;
const VECTOR_BYTES = 16;

/** Parameters, then by group the state, a block's words, and a sum. */
const AT = 0;
const END = 1;
const FIRST_VECTOR = 2;
const GROUP_VECTORS = LANES + WORDS + 1;
const stateOf = (group: number) => FIRST_VECTOR + GROUP_VECTORS * group;
const wordsOf = (group: number) => stateOf(group) + LANES;
const sumOf = (group: number) => wordsOf(group) + WORDS;

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

function step(index: number, group: number): Code {
  const state = stateOf(group);
  const sum = sumOf(group);
  // The state's parts change places with each step.
  const part = (offset: number) =>
    state + ((offset + 4 * STEPS - index) % LANES);
  const [a, b, c, d] = [part(0), part(1), part(2), part(3)] as const;
  const { code, word } = mixed(index, [b, c, d]);
  const bits = SHIFTS[(index >> 4) as 0]?.[(index % 4) as 0] ?? 0;
  const sine = Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32);
  return [
    // What the mixture must be waited for comes last.
    ...[...get(wordsOf(group) + word), ...constant(sine), ...ADD],
    ...[...get(a), ...ADD, ...code, ...ADD],
    ...[...tee(sum), ...i32(bits), ...SHIFT_LEFT],
    ...[...get(sum), ...i32(32 - bits), ...SHIFT_RIGHT, ...OR],
    ...[...get(b), ...ADD, ...set(a)],
  ];
}

/** Reads one word of the block of each of a group's lanes. */
function readWord(
  word: number,
  group: number,
  lanesAt: readonly number[],
): Code {
  const into = wordsOf(group) + word;
  return each(LANES, (lane) => {
    const at = (lanesAt[LANES * group + lane] ?? 0) + 4 * word;
    return lane === 0
      ? [...get(AT), ...memory(LOAD_WORD, at), ...set(into)]
      : [
          ...[...get(AT), ...get(into)],
          ...[...memory(LOAD_LANE, at), lane, ...set(into)],
        ];
  });
}

/**
 * `blocks(from, to)` takes the blocks of all eight lanes between two offsets
 * into the states at address 0: a group's after the other's, each of four
 * vectors.
 *
 * @param lanesAt Where each lane begins.
 */
export function md5Blocks(lanesAt: readonly number[]): WasmFunction {
  const place = (group: number, part: number) =>
    VECTOR_BYTES * (LANES * group + part);
  const both = (make: (group: number) => Code) => each(GROUPS, make);
  const body = [
    ...both((group) =>
      each(LANES, (part) => [
        ...[...i32(0), ...memory(LOAD, place(group, part))],
        ...set(stateOf(group) + part),
      ]),
    ),
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...get(AT), ...get(END), 0x4f, 0x0d, 1],
    ...both((group) => each(WORDS, (word) => readWord(word, group, lanesAt))),
    ...each(STEPS, (index) => both((group) => step(index, group))),
    ...both((group) =>
      each(LANES, (part) => {
        const state = stateOf(group) + part;
        const at = place(group, part);
        return [
          ...[...i32(0), ...get(state), ...i32(0), ...memory(LOAD, at)],
          ...[...ADD, ...tee(state), ...memory(STORE, at)],
        ];
      }),
    ),
    ...[...get(AT), ...i32(BLOCK_BYTES), 0x6a, ...set(AT), 0x0c, 0],
    ...[0x0b, 0x0b],
  ];
  return {
    name: "blocks",
    parameterCount: 2,
    hasResult: false,
    vectorCount: GROUPS * GROUP_VECTORS,
    body,
  };
}

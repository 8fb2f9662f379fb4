/**
 * MD5 of four texts at once, as WebAssembly: its 64 steps depend on each other,
 * so that one text leaves most of a processor idle.
 *
 * @module
 */

/** What this process can make of it; nothing where there is no WebAssembly. */
interface WasmApi {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** The runtime's WebAssembly. */
export const wasmApi: WasmApi | undefined = (
  globalThis as { readonly WebAssembly?: WasmApi }
).WebAssembly;

type Code = readonly number[];

const V128 = 0x7b;
const I32 = 0x7f;
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

function unsigned(value: number): number[] {
  return value < 0x80
    ? [value]
    : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40
    ? [value & 0x7f]
    : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const i32 = (value: number): Code => [0x41, ...signed(value)];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const memory = (opcode: number, offset: number): Code => [
  ...simd(opcode),
  ...[0, ...unsigned(offset)],
];

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
  const bytes = [0, 8, 16, 24].map((bits) => (value >>> bits) & 0xff);
  return [...simd(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
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

const each = <T>(count: number, make: (index: number) => readonly T[]): T[] =>
  Array.from({ length: count }, (_, index) => make(index)).flat();

function section(id: number, content: Code): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/**
 * A module whose `blocks(from, to)` takes the blocks of all four lanes between
 * two offsets into the state at address 0; it imports `host.memory`.
 *
 * @param lanesAt Where each lane begins.
 */
export function md5Module(lanesAt: readonly number[]): Uint8Array {
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
    ...[0x0b, 0x0b, 0x0b],
  ];
  const code = [1, LANES + WORDS + 1, V128, ...body];
  const text = (name: string) => [name.length, ...Buffer.from(name)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 2, I32, I32, 0]),
    ...section(2, [1, ...text("host"), ...text("memory"), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("blocks"), 0x00, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

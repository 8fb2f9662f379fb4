/**
 * WebAssembly put together by hand: the few instructions that kernels need.
 *
 * @module
 */

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

/** Bytes of instructions. */
export type Code = readonly number[];

const V128 = 0x7b;
const F64 = 0x7c;
const I64 = 0x7e;
const I32 = 0x7f;
const VECTOR_BYTES = 16;

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

function signedLong(value: bigint): number[] {
  return value >= -0x40n && value < 0x40n
    ? [Number(value & 0x7fn)]
    : [Number(value & 0x7fn) | 0x80, ...signedLong(value >> 7n)];
}

/** Pushes a local. */
export const get = (local: number): Code => [0x20, local];
/** Pops into a local. */
export const set = (local: number): Code => [0x21, local];
/** Stores into a local what stays on the stack. */
export const tee = (local: number): Code => [0x22, local];
/** Pushes an integer. */
export const i32 = (value: number): Code => [0x41, ...signed(value)];
/** Pushes an integer of 64 bits. */
export const i64 = (value: bigint): Code => [
  ...[0x42, ...signedLong(BigInt.asIntN(64, value))],
];
/** A vector instruction. */
export const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** Any instruction that loads or stores. */
export const access = (instruction: Code, offset: number): Code => [
  ...instruction,
  ...[0, ...unsigned(offset)],
];
/** A vector instruction that loads or stores. */
export const memory = (opcode: number, offset: number): Code =>
  access(simd(opcode), offset);

/** Pushes a vector of these bytes. */
export function vector(bytes: readonly number[]): Code {
  if (bytes.length !== VECTOR_BYTES) throw new RangeError("16 bytes are one");
  return [...simd(0x0c), ...bytes.map((byte) => byte & 0xff)];
}

/** The code of all indexes below a count. */
export const each = <T>(
  count: number,
  make: (index: number) => readonly T[],
): T[] => Array.from({ length: count }, (_, index) => make(index)).flat();

function section(id: number, content: Code): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** A function of a module. */
export interface WasmFunction {
  readonly name: string;
  /** Its parameters are integers; they are its first locals. */
  readonly parameterCount: number;
  /** Whether it gives an integer. */
  readonly hasResult: boolean;
  /** Local integers, behind the parameters. @default {0} */
  readonly integerCount?: number;
  /** Local vectors, behind those. */
  readonly vectorCount: number;
  /** Local integers of 64 bits, behind those. @default {0} */
  readonly longCount?: number;
  /** Local doubles, behind those. @default {0} */
  readonly doubleCount?: number;
  /** Without the last `end`. */
  readonly body: Code;
}

function typeOf({ parameterCount, hasResult }: WasmFunction): number[] {
  const parameters = Array.from({ length: parameterCount }, () => I32);
  return [0x60, parameterCount, ...parameters, ...(hasResult ? [1, I32] : [0])];
}

function codeOf(one: WasmFunction): number[] {
  const { integerCount = 0, vectorCount, longCount = 0, doubleCount = 0 } = one;
  const locals = [
    ...[integerCount, I32, vectorCount, V128],
    ...[longCount, I64, doubleCount, F64],
  ];
  const code = [4, ...locals, ...one.body, 0x0b];
  return [...unsigned(code.length), ...code];
}

/**
 * A module that imports `host.memory`. Its functions call each other by their
 * index.
 */
function wasmModule(all: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const { length } = all;
  const text = (word: string) => [word.length, ...Buffer.from(word)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [length, ...all.flatMap(typeOf)]),
    ...section(2, [1, ...text("host"), ...text("memory"), 0x02, 0x00, 1]),
    ...section(3, [length, ...all.keys()]),
    ...section(7, [
      length,
      ...all.flatMap(({ name }, index) => [...text(name), 0x00, index]),
    ]),
    ...section(10, [length, ...all.flatMap(codeOf)]),
  ]);
}

const PAGE_BYTES = 65_536;

/** A function, and the memory that it works on. */
export interface OpenedFunction {
  readonly buffer: ArrayBuffer;
  readonly call: (...parameters: number[]) => number;
}

/** Memory that functions work on. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

const api = (): WasmApi | undefined =>
  (globalThis as { readonly WebAssembly?: WasmApi }).WebAssembly;

/**
 * Makes memory, which never grows: a buffer that is taken away makes every
 * later read of any buffer check for that.
 *
 * @param bytesMin Its size.
 * @returns Undefined where the runtime has no WebAssembly, or the system not so
 * much address space: far more than its size is set aside.
 */
export function openMemory(bytesMin: number): WasmMemory | undefined {
  const Memory = api()?.Memory;
  if (Memory === undefined) return undefined;
  const pages = Math.ceil(bytesMin / PAGE_BYTES);
  try {
    return new Memory({ initial: pages, maximum: pages });
  } catch {
    return undefined;
  }
}

/**
 * Opens functions on some memory, by their names; undefined where there are no
 * vectors.
 */
export function openAll<Name extends string>(
  memory: WasmMemory,
  all: readonly (WasmFunction & { readonly name: Name })[],
): Readonly<Record<Name, OpenedFunction["call"]>> | undefined {
  const wasm = api();
  if (wasm === undefined) return undefined;
  try {
    const module = new wasm.Module(wasmModule(all));
    const { exports } = new wasm.Instance(module, { host: { memory } });
    return exports as Readonly<Record<Name, OpenedFunction["call"]>>;
  } catch {
    return undefined;
  }
}

/** Opens a function on some memory; undefined where there are no vectors. */
export function openOn(
  memory: WasmMemory,
  one: WasmFunction,
): OpenedFunction["call"] | undefined {
  return openAll(memory, [one])?.[one.name];
}

/**
 * Opens a function with a memory of its own.
 *
 * @param one The function.
 * @param bytesMin The memory's size.
 * @returns Undefined where the runtime has no WebAssembly, no vectors, or no
 * such memory to give.
 */
export function openFunction(
  one: WasmFunction,
  bytesMin: number,
): OpenedFunction | undefined {
  const memory = openMemory(bytesMin);
  const call = memory && openOn(memory, one);
  return memory && call && { buffer: memory.buffer, call };
}

/**
 * WebAssembly's blocks and loops, left by name instead of by depth.
 *
 * @module
 */
import { type Code, get, i32, set } from "./wasm_code.ts";

/** Goes to the end of a block, or to the beginning of a loop. */
interface Jump {
  readonly opcode: number;
  readonly label: string;
}

/** A block, a loop, or what is done on a condition. */
interface Nest {
  readonly opcode: number;
  readonly label: string;
  readonly body: readonly Flow[];
}

/** Code that may have jumps in it. */
export type Flow = Code | Jump | Nest;

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const END = 0x0b;
const BRANCH = 0x0c;
const BRANCH_IF = 0x0d;
const NO_RESULT = 0x40;

const nest =
  (opcode: number) =>
  (label: string, ...body: readonly Flow[]): Nest => ({ opcode, label, body });

/** What `leave` and `leaveIf` go behind. */
export const block = nest(BLOCK);
/** What `leave` and `leaveIf` begin anew. */
export const loop = nest(LOOP);
/** Done when the integer on the stack isn't zero. */
export const when = (...body: readonly Flow[]): Nest => nest(IF)("", ...body);

/** Jumps. */
export const leave = (label: string): Jump => ({ opcode: BRANCH, label });
/** Jumps when the integer on the stack isn't zero. */
export const leaveIf = (label: string): Jump => ({ opcode: BRANCH_IF, label });

/** Adds to a local integer. */
export const advance = (local: number, by: number): Code => [
  ...[...get(local), ...i32(by), 0x6a, ...set(local)],
];

/** Puts code together. */
export function assembled(
  flow: readonly Flow[],
  labels: readonly string[] = [],
): number[] {
  return flow.flatMap((piece): number[] => {
    if (!("opcode" in piece)) return [...piece];
    const { opcode, label } = piece;
    if ("body" in piece) {
      const body = assembled(piece.body, [label, ...labels]);
      return [opcode, NO_RESULT, ...body, END];
    }
    const depth = labels.indexOf(label);
    if (depth < 0) throw new RangeError(`there is no block "${label}"`);
    return [opcode, depth];
  });
}

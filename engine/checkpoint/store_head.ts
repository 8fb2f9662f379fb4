/**
 * The head of a checkpoint store: who owns it, and which checkpoints count.
 * Both are one value, so that a checkpoint is made current only by its owner.
 *
 * @module
 */
import type { LeaseOwner } from "./lease_owner.ts";

/** Raised with every change of {@linkcode StoreHead}. */
const FORMAT_VERSION = 1;

/** Number and epoch of a checkpoint, from its name. */
const CHECKPOINT_REGEXP = /^checkpoint-(\d{10})-(\d+)\.fdc$/;
const SAVEPOINT_REGEXP = /^savepoint-(.+)\.fdc$/;

/** What the head says. */
export interface StoreHead {
  /** Grows by one with each owner. */
  readonly epoch: number;
  /** Changes with every swap, so that a living owner is seen to live. */
  readonly renewal: number;
  /** Null when the last one has given it up. */
  readonly owner: LeaseOwner | null;
  /** Names of the checkpoints that count, newest first. */
  readonly checkpoints: readonly string[];
}

/** Name of a checkpoint's object. */
export function checkpointName(number: number, epoch: number): string {
  return `checkpoint-${String(number).padStart(10, "0")}-${epoch}.fdc`;
}

/** The number in a checkpoint's name; 0 when it is none. */
export function numberOf(name: string): number {
  return Number(CHECKPOINT_REGEXP.exec(name)?.[1] ?? 0);
}

/** Name of a savepoint's object. */
export function savepointObject(name: string): string {
  return `savepoint-${name}.fdc`;
}

/** The user's name of a savepoint, or undefined when the object is none. */
export function savepointName(object: string): string | undefined {
  return SAVEPOINT_REGEXP.exec(object)?.[1];
}

/** Whether an object may be deleted once the head does not name it. */
export function isDisposable(object: string): boolean {
  return CHECKPOINT_REGEXP.test(object) || object.endsWith(".partial");
}

/** The head as bytes. */
export function encodeHead(head: StoreHead): Buffer {
  return Buffer.from(
    `${JSON.stringify({ format: FORMAT_VERSION, ...head })}\n`,
  );
}

/** Reads a head; undefined when it is damaged. */
export function decodeHead(bytes: Buffer): StoreHead | undefined {
  try {
    const { format, ...head } = JSON.parse(bytes.toString()) as StoreHead & {
      format: number;
    };
    const isSound =
      format === FORMAT_VERSION &&
      Number.isSafeInteger(head.epoch) &&
      head.owner !== undefined &&
      Array.isArray(head.checkpoints);
    return isSound ? head : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A head from the names of all objects, for a store whose head is damaged or
 * missing: of the newest epoch first, of each the newest first.
 */
export function headFromNames(names: readonly string[]): StoreHead {
  const found = names
    .flatMap((name) => {
      const match = CHECKPOINT_REGEXP.exec(name);
      if (match === null) return [];
      return [{ name, number: Number(match[1]), epoch: Number(match[2]) }];
    })
    .sort((a, b) => b.epoch - a.epoch || b.number - a.number);
  return {
    epoch: found[0]?.epoch ?? 0,
    renewal: 0,
    owner: null,
    checkpoints: found.map(({ name }) => name),
  };
}

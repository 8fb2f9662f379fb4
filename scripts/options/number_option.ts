/**
 * Numbers as option values.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";

/** Bounds of a number, both included. */
export interface NumberBounds {
  readonly min: number;
  /** @default {Number.MAX_SAFE_INTEGER} */
  readonly max?: number;
}

function rangeText({ min, max }: NumberBounds): string {
  return max === undefined ? `${min} or more` : `from ${min} to ${max}`;
}

/**
 * Makes a parser of whole numbers, for `argParser()`.
 *
 * @example Usage
 * ```ts
 * command.option("--workers <n>", "worker threads", integerOption({ min: 1, max: 64 }));
 * ```
 */
export function integerOption(bounds: NumberBounds): (text: string) => number {
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`write a whole number ${rangeText(bounds)}`);
  };
}

/** Makes a parser of numbers that may have a fraction, for `argParser()`. */
export function numberOption(bounds: NumberBounds): (text: string) => number {
  const { min, max = Number.MAX_VALUE } = bounds;
  return (text) => {
    const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`write a number ${rangeText(bounds)}`);
  };
}

/**
 * Moves times in events that are numbers of units since 1970: as JSON numbers
 * or as strings of one, whole or with a fraction. Each keeps the form that it
 * has: its quotes and its digits behind the point.
 *
 * @module
 */
import type { MovedEvent } from "./own_times.ts";
import { epochMsOf } from "./source/timestamps.ts";

/** Units of numbers: seconds, milliseconds, microseconds. */
const UNITS_MS = [1_000, 1, 0.001] as const;

/** A member that is a number, or a string of one: name, colon, quote, number. */
const MEMBER_REGEXP =
  /("(?:[^"\\]|\\.)*")(\s*:\s*)("?)(-?\d+(?:\.\d+)?)\3(?=\s*[,}])/g;

/** How a source's events have their time as a number. */
export interface EpochForm {
  /** The field's name with its quotes. */
  readonly key: string;
  readonly unitMs: number;
  /** Whether it is a whole number without quotes. */
  readonly isPlain: boolean;
  /** Digits behind the point. */
  readonly fractionDigits: number;
}

function fractionDigitsOf(number: string): number {
  const point = number.indexOf(".");
  return point < 0 ? 0 : number.length - point - 1;
}

/**
 * Finds the field of an event that is its time.
 *
 * @param event A JSON text.
 * @param timeMs Its time, epoch ms.
 */
export function epochFormOf(
  event: string,
  timeMs: number,
): EpochForm | undefined {
  for (const unitMs of UNITS_MS) {
    for (const found of event.matchAll(MEMBER_REGEXP)) {
      const [, key = "", , quote = "", number = ""] = found;
      if (epochMsOf(Number(number), unitMs) !== timeMs) continue;
      const fractionDigits = fractionDigitsOf(number);
      const isPlain = /^\d+$/.test(number) && quote === "";
      return { key, unitMs, isPlain, fractionDigits };
    }
  }
  return undefined;
}

/** A number moved; what it has no digits for is cut off, towards the past. */
function movedNumber(number: string, unitMs: number, shiftMs: number): string {
  const fractionDigits = fractionDigitsOf(number);
  // In units of the last digit, exactly: a double has too few for some.
  const before = BigInt(number.replace(".", ""));
  const per = unitMs < 1 ? BigInt(Math.round(1 / unitMs)) : 1n;
  const of = unitMs > 1 ? BigInt(unitMs) : 1n;
  const shift =
    BigInt(Math.floor(shiftMs)) * per * 10n ** BigInt(fractionDigits);
  const rest = ((shift % of) + of) % of;
  const after = before + (shift - rest) / of;
  const isLess = after < 0n;
  const digits = String(isLess ? -after : after).padStart(
    fractionDigits + 1,
    "0",
  );
  const point = digits.length - fractionDigits;
  const fraction = fractionDigits > 0 ? `.${digits.slice(point)}` : "";
  return `${isLess ? "-" : ""}${digits.slice(0, point)}${fraction}`;
}

/**
 * Moves the time of an event.
 *
 * @param event A JSON text.
 * @param move From which time, and by how much.
 * @param form As the source's first event has it.
 * @returns Undefined if the event's time isn't there.
 */
export function withEpochMoved(
  event: string,
  { timeMs, shiftMs }: { readonly timeMs: number; readonly shiftMs: number },
  { key, unitMs }: EpochForm,
): MovedEvent | undefined {
  for (const found of event.matchAll(MEMBER_REGEXP)) {
    const [all, name = "", colon = "", quote = "", number = ""] = found;
    if (name !== key || epochMsOf(Number(number), unitMs) !== timeMs) continue;
    const moved = movedNumber(number, unitMs, shiftMs);
    const text =
      event.slice(0, found.index) +
      name +
      colon +
      quote +
      moved +
      quote +
      event.slice(found.index + all.length);
    return { text, timeMs: epochMsOf(Number(moved), unitMs) };
  }
  return undefined;
}

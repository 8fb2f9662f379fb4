// Hot path: once a number that the job needs.
// Cost avoided: a slice of text and its conversion (about 0.2 µs a number).
// Trick: up to 2^53 the digits and the power of ten are exact doubles, so one
//   division rounds correctly (Clinger). Up to 18 digits the quotient's error
//   is computed in twice the precision, and the result is taken only when no
//   other double can be the nearest.
// Gives up: longer numbers, and quotients next to the middle between two
//   doubles: NaN sends the caller to `Number(text)`.
// Breaks: `!` on the table of powers.
// Shown by `perf/decode_bench.ts`. Plain twin: `Number(text)`.
/**
 * Decimal digits to the nearest double, exactly as `Number(text)` rounds.
 *
 * @module
 */

/** Digits that a 32-bit integer holds for certain. */
export const INT_DIGITS_MAX = 9;
/** Digits that two of them hold. */
export const DIGITS_MAX = 2 * INT_DIGITS_MAX;

/** Greatest power of ten that is a double, and with it the exponents taken. */
const EXPONENT_MAX = 22;

/** Powers of ten that are exact. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from(
  { length: EXPONENT_MAX + 1 },
  (_, exponent) => Number(`1e${exponent}`),
);
// Constants of this module are folded into the code; exported ones are loaded.
const POWERS = POWERS_OF_TEN;

/** Integers below it are exact, sums of exact ones included. */
const EXACT_MAX = 2 ** 53;

/** Splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

/**
 * Relative bound of what the quotient's correction may be wrong by: its terms
 * are rounded at 2^-53 of some 2^-51 of the quotient.
 */
const CORRECTION_ERROR = 2 ** -95;

/**
 * `(whole + rest) / divisor`, rounded once, or NaN when not certain.
 *
 * @param whole A double, positive.
 * @param rest At most half of a unit in the last place of `whole`.
 * @param divisor A power of ten that is exact.
 */
function divideExactly(whole: number, rest: number, divisor: number): number {
  const quotient = whole / divisor;
  // The product quotient * divisor = product + error, exactly (Dekker).
  const product = quotient * divisor;
  const q1 = SPLITTER * quotient;
  const qHigh = q1 - (q1 - quotient);
  const qLow = quotient - qHigh;
  const d1 = SPLITTER * divisor;
  const dHigh = d1 - (d1 - divisor);
  const dLow = divisor - dHigh;
  const error =
    qLow * dLow - (product - qHigh * dHigh - qLow * dHigh - qHigh * dLow);
  const correction = (whole - product - error + rest) / divisor;
  const bound = quotient * CORRECTION_ERROR;
  const least = quotient + (correction - bound);
  const most = quotient + (correction + bound);
  return least === most ? least : Number.NaN;
}

/**
 * The double nearest to `(high * 10^lowDigits + low) * 10^exponent`.
 *
 * @param high Up to nine digits.
 * @param low Up to nine digits more; 0 without any.
 * @param lowDigits How many.
 * @param exponent Power of ten.
 * @returns The double, or NaN when this way isn't certain of it.
 */
export function decimalOf(
  high: number,
  low: number,
  lowDigits: number,
  exponent: number,
): number {
  if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX) return Number.NaN;
  // Exact: 30 bits times a power of ten with 21 bits that aren't zero.
  const shifted = high * POWERS[lowDigits]!;
  const whole = shifted + low;
  if (whole < EXACT_MAX) {
    return exponent < 0
      ? whole / POWERS[0 - exponent]!
      : whole * POWERS[exponent]!;
  }
  if (exponent > 0) return Number.NaN;
  // What the sum has lost; exact, as `shifted` is the greater of the two.
  const rest = low - (whole - shifted);
  return divideExactly(whole, rest, POWERS[0 - exponent]!);
}

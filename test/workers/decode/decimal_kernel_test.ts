/**
 * Goal: decimalOf() never gives another double than `Number(text)`. Method:
 * random digits, and digits next to the middle between two doubles, where
 * rounding is hardest; it may say NaN there, and only there.
 */
import fc from "fast-check";
import t from "tap";
import {
  DIGITS_MAX,
  decimalOf,
  INT_DIGITS_MAX,
} from "../../../workers/decode/decimal_kernel.ts";

const LONG_RUNS = process.env["FLAGDROP_LONG"] === "1" ? 100 : 1;

/** Digits and an exponent through decimalOf(). */
function convert(digits: string, exponent: number): number {
  const high = Number(digits.slice(0, INT_DIGITS_MAX));
  const rest = digits.slice(INT_DIGITS_MAX);
  return decimalOf(high, Number(rest), rest.length, exponent);
}

const digits = (length: number) =>
  fc.string({
    unit: fc.constantFrom(..."0123456789"),
    minLength: 1,
    maxLength: length,
  });

t.test("decimalOf() rounds as Number() does", async (t) => {
  let certain = 0;
  let all = 0;
  fc.assert(
    fc.property(
      digits(DIGITS_MAX),
      fc.integer({ min: -25, max: 25 }),
      (text, exponent) => {
        const got = convert(text, exponent);
        all++;
        if (Number.isNaN(got)) return true;
        certain++;
        return Object.is(got, Number(`${text}e${exponent}`));
      },
    ),
    { numRuns: 20_000 * LONG_RUNS },
  );
  t.ok(certain > all / 2, `${certain} of ${all} certain`);
});

t.test("decimalOf() reads coordinates of any length", async (t) => {
  let uncertain = 0;
  const runs = 20_000 * LONG_RUNS;
  fc.assert(
    fc.property(
      fc.nat(180),
      digits(DIGITS_MAX - 3).filter((text) => text.length > 3),
      (whole, fraction) => {
        const got = convert(`${whole}${fraction}`, -fraction.length);
        if (Number.isNaN(got)) uncertain++;
        return Number.isNaN(got) || got === Number(`${whole}.${fraction}`);
      },
    ),
    { numRuns: runs },
  );
  t.ok(uncertain < runs / 1_000, `${uncertain} of ${runs} uncertain`);
});

/** The exact decimal digits in the middle between a double and the next. */
function middleAbove(value: number): { digits: bigint; decimals: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1075;
  const mantissa = (bits & 0xfffffffffffffn) | 0x10000000000000n;
  // (2 * mantissa + 1) * 2^(exponent - 1), with exponent - 1 below zero.
  const decimals = 1 - exponent;
  return { digits: (2n * mantissa + 1n) * 5n ** BigInt(decimals), decimals };
}

t.test("decimalOf() is right next to the middle of two doubles", async (t) => {
  let certain = 0;
  fc.assert(
    fc.property(
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      fc.integer({ min: 16, max: DIGITS_MAX }),
      fc.integer({ min: -2, max: 2 }),
      (value, length, step) => {
        const middle = middleAbove(value);
        const text = String(middle.digits);
        if (text.length <= length) return true;
        const cut = BigInt(text.slice(0, length)) + BigInt(step);
        const exponent = text.length - length - middle.decimals;
        const got = convert(String(cut), exponent);
        if (Number.isNaN(got)) return true;
        certain++;
        return got === Number(`${cut}e${exponent}`);
      },
    ),
    { numRuns: 20_000 * LONG_RUNS },
  );
  t.ok(certain > 1_000, `${certain} certain`);
});

t.test("decimalOf() leaves exact middles to Number()", async (t) => {
  // 2^53 + 1 lies between two doubles.
  t.ok(Number.isNaN(convert("9007199254740993", 0)));
  t.equal(convert("9007199254740994", 0), 9007199254740994);
  t.equal(convert("000000000000000000", -5), 0);
});

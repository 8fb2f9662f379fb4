/**
 * Ways to write a number in an event: all that JSON allows, also inside a
 * string, and what must not be taken for a number.
 *
 * @module
 */
import type { Random } from "./random.ts";

/** JSON texts that are no number and no string holding one. */
export const MALFORMED_NUMBERS: readonly string[] = [
  "null",
  "true",
  "false",
  "{}",
  "[]",
  "[40.7]",
  '{"value":40.7}',
  '""',
  '" "',
  '"+1"',
  '" 1"',
  '"1 "',
  '"40.7\\n"',
  '"1."',
  '".5"',
  '"-.5"',
  '"-"',
  '"--1"',
  '"01"',
  '"-01"',
  '"0x10"',
  '"0b1"',
  '"1e"',
  '"1e+"',
  '"1_000"',
  '"40,7"',
  '"40.7.1"',
  '"Infinity"',
  '"-Infinity"',
  '"NaN"',
  '"null"',
  '"4\\u0660"',
  '"\u0664\u0660"',
  '"\ufeff1"',
  '"40.7f"',
  '"1n"',
  '"\\"40.7\\""',
  '"[40.7]"',
];

/** Number-like texts that make the whole line no JSON. */
export const NUMBERS_NO_JSON: readonly string[] = [
  "+1",
  "01",
  "-01",
  "1.",
  ".5",
  "-.5",
  "-",
  "1e",
  "1e+",
  "0x10",
  "NaN",
  "Infinity",
  "-Infinity",
  "undefined",
  "40,7",
  "1_000",
  "'40.7'",
  "40.7.1",
  "",
];

/** A finite double as whole digits and an exponent, `by` zeros more. */
function shifted(value: number, by: number): string {
  if (value === 0) return `0e-${by}`;
  const [mantissa = "", exponent = "0"] = Math.abs(value)
    .toExponential()
    .split("e");
  const [first = "", rest = ""] = mantissa.split(".");
  const power = Number(exponent) - rest.length - by;
  return `${value < 0 ? "-" : ""}${first}${rest}${"0".repeat(by)}e${power}`;
}

/** A text of JSON's number grammar that reads back as exactly `value`. */
function digits(value: number, random: Random): string {
  const plain = Object.is(value, -0) ? "-0" : JSON.stringify(value);
  const choices: (() => string)[] = [
    () => value.toPrecision(17),
    () => value.toExponential(),
    () => value.toExponential().replace("e", "E"),
    () => value.toExponential(18),
    () => shifted(value, 0),
    () => shifted(value, random.whole(1, 4)).replace("e", "E"),
    () => (/^-?\d+\.\d+$/.test(plain) ? `${plain}000` : plain),
    () => (/^-?\d+$/.test(plain) ? `${plain}.0` : plain),
    () => (/^-?[\d.]+$/.test(plain) ? `${plain}e0` : plain),
    () => (/^-?[\d.]+$/.test(plain) ? `${plain}E-00` : plain),
  ];
  const text = random.pick(choices)();
  // toPrecision() and others drop the sign of -0; and nothing may round.
  return Object.is(Number(text), value) ? text : plain;
}

/** One character of a JSON string as an escape. */
function escaped(text: string, random: Random): string {
  if (text === "") return text;
  const at = random.whole(0, text.length - 1);
  const code = text.charCodeAt(at).toString(16).padStart(4, "0");
  return `${text.slice(0, at)}\\u${code}${text.slice(at + 1)}`;
}

/**
 * Writes a number as JSON text: most often plainly, sometimes oddly, sometimes
 * as a string.
 *
 * @param value A finite double.
 * @param random Decides the form.
 */
export function spellNumber(value: number, random: Random): string {
  const roll = random.next();
  const plain = Object.is(value, -0) ? "-0" : JSON.stringify(value);
  if (roll < 0.7) return plain;
  if (roll < 0.83) return digits(value, random);
  if (roll < 0.9) return `"${plain}"`;
  if (roll < 0.98) return `"${digits(value, random)}"`;
  return `"${escaped(digits(value, random), random)}"`;
}

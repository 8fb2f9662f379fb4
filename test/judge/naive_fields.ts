/**
 * Numbers and times as an event may spell them, read without any grammar.
 *
 * @module
 */

/**
 * A number, or a text that JSON itself takes for a bare number.
 *
 * @throws {TypeError} For anything else.
 */
export function naiveNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") throw new TypeError("no number");
  if (!"-0123456789".includes(value.charAt(0)) || value === "") {
    throw new TypeError("no number");
  }
  if (!"0123456789".includes(value.charAt(value.length - 1))) {
    throw new TypeError("no number");
  }
  return Number(JSON.parse(value));
}

function takeDigits(text: string, from: number, count: number): number {
  const digits = text.slice(from, from + count);
  if (digits.length !== count) throw new TypeError("no time");
  for (const one of digits) {
    if (!"0123456789".includes(one)) throw new TypeError("no time");
  }
  return Number(digits);
}

function expectOne(text: string, at: number, allowed: string): void {
  const one = text.charAt(at);
  if (one === "" || !allowed.includes(one)) throw new TypeError("no time");
}

function below(value: number, limit: number): number {
  if (value >= limit) throw new TypeError("no time");
  return value;
}

/** Days from 0000-01-01 by counting months. */
function dayNumber(year: number, month: number, day: number): number {
  const leap = (y: number) => y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  const lengths = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31];
  lengths.push(30, 31);
  const length = lengths[month - 1];
  if (length === undefined || day < 1 || day > length) {
    throw new TypeError("no time");
  }
  const leaps =
    year === 0
      ? 0
      : Math.floor((year - 1) / 4) -
        Math.floor((year - 1) / 100) +
        Math.floor((year - 1) / 400) +
        1;
  const months = lengths.slice(0, month - 1).reduce((a, b) => a + b, 0);
  return year * 365 + leaps + months + day - 1;
}

/**
 * Reads a time character by character.
 *
 * @throws {TypeError} For anything that is none.
 */
export function naiveTime(value: unknown): number {
  if (typeof value !== "string") throw new TypeError("no time");
  const text = value;
  const year = takeDigits(text, 0, 4);
  expectOne(text, 4, "-");
  const month = takeDigits(text, 5, 2);
  expectOne(text, 7, "-");
  const day = takeDigits(text, 8, 2);
  expectOne(text, 10, "T ");
  const hour = below(takeDigits(text, 11, 2), 24);
  expectOne(text, 13, ":");
  const minute = below(takeDigits(text, 14, 2), 60);
  let at = 16;
  let second = 0;
  let ms = 0;
  if (text.charAt(at) === ":") {
    second = below(takeDigits(text, at + 1, 2), 60);
    at += 3;
    if (text.charAt(at) === ".") {
      expectOne(text, at + 1, "0123456789");
      at += 1;
      for (let weight = 100; "0123456789".includes(text.charAt(at)); at++) {
        if (text.charAt(at) === "") break;
        ms += Number(text.charAt(at)) * Math.floor(weight);
        weight /= 10;
      }
    }
  }
  let offset = 0;
  if (at < text.length) {
    expectOne(text, at, "Z+-");
    const sign = text.charAt(at);
    at += 1;
    if (sign !== "Z") {
      expectOne(text, at + 2, ":");
      const hours = below(takeDigits(text, at, 2), 24);
      offset = hours * 60 + below(takeDigits(text, at + 3, 2), 60);
      if (sign === "-") offset = -offset;
      at += 5;
    }
  }
  if (at !== text.length) throw new TypeError("no time");
  const days = dayNumber(year, month, day) - dayNumber(1970, 1, 1);
  const minutes = days * 1_440 + hour * 60 + minute - offset;
  return minutes * 60_000 + second * 1_000 + ms;
}

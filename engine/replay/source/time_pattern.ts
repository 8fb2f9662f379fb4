/**
 * Times in a form of the user's own, such as `MM/dd/yyyy hh:mm:ss a`, in the
 * letters of Java's `DateTimeFormatter`.
 *
 * @module
 */
import { parseTimeMs } from "../../job/time.ts";

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** An offset with a colon, as Java spells it. */
const LONG_OFFSET = "X".repeat(3);

/** What each run of letters matches, and the part of a time that it is. */
const LETTERS: Readonly<Record<string, readonly [name: string, form: string]>> =
  {
    yyyy: ["year", "\\d{4}"],
    yy: ["shortYear", "\\d{2}"],
    MMM: ["monthName", MONTHS.join("|")],
    MM: ["month", "\\d{2}"],
    M: ["month", "\\d{1,2}"],
    dd: ["day", "\\d{2}"],
    d: ["day", "\\d{1,2}"],
    HH: ["hour", "\\d{2}"],
    H: ["hour", "\\d{1,2}"],
    hh: ["hour12", "\\d{2}"],
    h: ["hour12", "\\d{1,2}"],
    mm: ["minute", "\\d{2}"],
    ss: ["second", "\\d{2}"],
    a: ["half", "am|pm"],
    X: ["offset", "Z|[+-]\\d{2}(?::?\\d{2})?"],
    XX: ["offset", "Z|[+-]\\d{4}"],
    [LONG_OFFSET]: ["offset", "Z|[+-]\\d{2}:\\d{2}"],
    Z: ["offset", "[+-]\\d{4}"],
  };

const TOKEN_REGEXP = /'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g;

const MINUTE_MS = 60_000;

/** A time, and whether it says its offset. */
export interface PatternTime {
  /** Epoch ms; without an offset as if it were UTC. */
  readonly timeMs: number;
  readonly hasOffset: boolean;
  /** How far the text's own clock is ahead, ms; 0 without an offset. */
  readonly offsetMs: number;
}

const NO_TIME: PatternTime = {
  ...{ timeMs: Number.NaN, hasOffset: false, offsetMs: 0 },
};

/** Reads and moves times of one form. */
export interface TimePattern {
  /** NaN when it is no such time. */
  read(text: string): PatternTime;
  /**
   * The same text with another time, all else as it was: letters' case,
   * leading zeros, offset, and digits of a fraction beyond its milliseconds.
   *
   * @param text That {@linkcode read} takes.
   * @param localMs The time as it is on the text's own clock, epoch ms.
   * @returns Undefined if the form can't say that year.
   */
  written(text: string, localMs: number): string | undefined;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function formOf(token: string, names: Map<string, number>): string {
  if (token === "''") return "'";
  if (token.startsWith("'")) return escaped(token.slice(1, -1));
  if (!/^[A-Za-z]/.test(token)) return escaped(token);
  const [name, form] =
    LETTERS[token] ??
    (/^S+$/.test(token) ? ["fraction", `\\d{${token.length}}`] : []);
  if (name === undefined) {
    throw new SyntaxError(
      `"${token}" is no part of a time: write "'${token}'"`,
    );
  }
  if (names.has(name)) throw new SyntaxError(`"${token}" says what is said`);
  names.set(name, token.length);
  return `(?<${name}>${form})`;
}

function hourOf(parts: Readonly<Record<string, string | undefined>>): string {
  const { hour12 } = parts;
  if (hour12 === undefined) return (parts["hour"] ?? "0").padStart(2, "0");
  const isValid = Number(hour12) >= 1 && Number(hour12) <= 12;
  if (!isValid) return "99";
  const isLate = parts["half"]?.toLowerCase() === "pm";
  return String((Number(hour12) % 12) + (isLate ? 12 : 0)).padStart(2, "0");
}

function offsetOf(text: string | undefined): string {
  if (text === undefined || text === "Z") return "Z";
  const digits = text.slice(1).replace(":", "").padEnd(4, "0");
  return `${text.charAt(0)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** A name or half of the day, in capitals or not as it was. */
function inCaseOf(before: string, text: string): string {
  if (before === before.toUpperCase()) return text.toUpperCase();
  if (before === before.toLowerCase()) return text;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A number of two digits, if the pattern says so or the one before had zeros. */
function padded(value: number, { before, isLong }: Replaced): string {
  const length = isLong || before.startsWith("0") ? 2 : 1;
  return String(value).padStart(length, "0");
}

/** A part of a text, to be replaced. */
interface Replaced {
  readonly before: string;
  /** Whether the pattern has two letters for it. */
  readonly isLong: boolean;
}

/** What each part of a moved time is; offsets stay. */
const WRITERS: Readonly<
  Record<string, (date: Date, replaced: Replaced) => string>
> = {
  year: (date) => String(date.getUTCFullYear()).padStart(4, "0"),
  shortYear: (date) => String(date.getUTCFullYear() % 100).padStart(2, "0"),
  monthName: (date, { before }) =>
    inCaseOf(before, MONTHS[date.getUTCMonth()] ?? ""),
  month: (date, replaced) => padded(date.getUTCMonth() + 1, replaced),
  day: (date, replaced) => padded(date.getUTCDate(), replaced),
  hour: (date, replaced) => padded(date.getUTCHours(), replaced),
  hour12: (date, replaced) =>
    padded(((date.getUTCHours() + 11) % 12) + 1, replaced),
  minute: (date, replaced) => padded(date.getUTCMinutes(), replaced),
  second: (date, replaced) => padded(date.getUTCSeconds(), replaced),
  half: (date, { before }) =>
    inCaseOf(before, date.getUTCHours() < 12 ? "am" : "pm"),
  fraction: (date, { before }) =>
    String(date.getUTCMilliseconds())
      .padStart(3, "0")
      .slice(0, before.length)
      .concat(before.slice(3)),
};

/** @param text `Z`, or `±hh:mm`. */
export function offsetMsOf(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6));
  return (text.startsWith("-") ? -minutes : minutes) * MINUTE_MS;
}

/**
 * Makes a reader and mover of times.
 *
 * @param pattern With a year, a month and a day at least.
 * @throws {SyntaxError} When the pattern is none.
 */
export function timePattern(pattern: string): TimePattern {
  const names = new Map<string, number>();
  const tokens = pattern.match(TOKEN_REGEXP) ?? [];
  if (tokens.join("") !== pattern)
    throw new SyntaxError("a quote is not closed");
  const form = tokens.map((token) => formOf(token, names)).join("");
  const has = (...wanted: string[]) => wanted.some((name) => names.has(name));
  if (!has("year", "shortYear") || !has("month", "monthName") || !has("day")) {
    throw new SyntaxError("it needs a year, a month and a day");
  }
  if (has("hour12") !== has("half")) {
    throw new SyntaxError(`"h" and "a" need each other`);
  }
  const regexp = new RegExp(`^\\s*${form}\\s*$`, "di");
  return {
    read: (text) => readParts(regexp.exec(text)?.groups),
    written(text, localMs) {
      const date = new Date(localMs);
      const year = date.getUTCFullYear();
      const [least, most] = names.has("year") ? [0, 9_999] : [2_000, 2_099];
      if (!(year >= least && year <= most)) return undefined;
      const places = Object.entries(regexp.exec(text)?.indices?.groups ?? {});
      let moved = text;
      // From the end on, so that the places before it stay right.
      for (const [name, [start, end]] of places.sort(
        ([, [a]], [, [b]]) => b - a,
      )) {
        const before = text.slice(start, end);
        const isLong = names.get(name) !== 1;
        const after = WRITERS[name]?.(date, { before, isLong }) ?? before;
        moved = moved.slice(0, start) + after + moved.slice(end);
      }
      return moved;
    },
  };
}

function readParts(
  parts: Readonly<Record<string, string>> | undefined,
): PatternTime {
  if (parts === undefined) return NO_TIME;
  const year = parts["year"] ?? `20${parts["shortYear"]}`;
  const name = parts["monthName"]?.toLowerCase() ?? "";
  const month = parts["month"] ?? String(MONTHS.indexOf(name) + 1);
  const day = parts["day"] ?? "";
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const { minute = "00", second = "00", fraction = "0" } = parts;
  const time = `${hourOf(parts)}:${minute}:${second}.${fraction}`;
  const offset = offsetOf(parts["offset"]);
  return {
    timeMs: parseTimeMs(`${date}T${time}${offset}`),
    hasOffset: parts["offset"] !== undefined,
    offsetMs: offsetMsOf(offset),
  };
}

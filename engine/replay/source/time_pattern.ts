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

/** A time, and whether it says its offset. */
export interface PatternTime {
  /** Epoch ms; without an offset as if it were UTC. */
  readonly timeMs: number;
  readonly hasOffset: boolean;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function formOf(token: string, names: Set<string>): string {
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
  names.add(name);
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

/**
 * Makes a reader of times.
 *
 * @param pattern With a year, a month and a day at least.
 * @returns What reads a text; NaN when it is no such time.
 * @throws {SyntaxError} When the pattern is none.
 */
export function timePattern(pattern: string): (text: string) => PatternTime {
  const names = new Set<string>();
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
  const regexp = new RegExp(`^${form}$`, "i");
  return (text) => {
    const parts = regexp.exec(text.trim())?.groups;
    if (parts === undefined) return { timeMs: Number.NaN, hasOffset: false };
    const year = parts["year"] ?? `20${parts["shortYear"]}`;
    const name = parts["monthName"]?.toLowerCase() ?? "";
    const month = parts["month"] ?? String(MONTHS.indexOf(name) + 1);
    const day = parts["day"] ?? "";
    const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    const { minute = "00", second = "00", fraction = "0" } = parts;
    const time = `${hourOf(parts)}:${minute}:${second}.${fraction}`;
    return {
      timeMs: parseTimeMs(`${date}T${time}${offsetOf(parts["offset"])}`),
      hasOffset: parts["offset"] !== undefined,
    };
  };
}

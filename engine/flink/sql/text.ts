/**
 * Pieces of Flink SQL text: names, literals, intervals.
 *
 * @module
 */

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** Units of an interval, the longest first, and the digits each takes bare. */
const UNITS = [
  ["DAY", DAY_MS],
  ["HOUR", 3_600_000],
  ["MINUTE", 60_000],
  ["SECOND", SECOND_MS],
] as const;

/** An interval's leading number has two digits unless it says how many. */
const BARE_DIGITS = 2;

/** A name in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A text in single quotes. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A DOUBLE. JavaScript's shortest text names one double, and Flink reads
 * literals with an exponent as the nearest double.
 */
export function doubleLiteral(value: number): string {
  const text = String(value);
  return text.includes("e") ? text.toUpperCase().replace("+", "") : `${text}E0`;
}

function precise(unit: string, digits: number): string {
  return digits > BARE_DIGITS ? `${unit}(${digits})` : unit;
}

/**
 * An interval, in the longest unit that it is a multiple of.
 *
 * @example Usage
 * ```ts
 * intervalLiteral(600_000); // "INTERVAL '10' MINUTE"
 * ```
 */
export function intervalLiteral(ms: number): string {
  for (const [unit, unitMs] of UNITS) {
    const count = ms / unitMs;
    if (!Number.isInteger(count)) continue;
    // More than two digits of hours, minutes or seconds go as days and a rest.
    if (unit !== "DAY" && count > 99) break;
    return `INTERVAL '${count}' ${precise(unit, String(count).length)}`;
  }
  const days = Math.floor(ms / DAY_MS);
  const rest = new Date(ms - days * DAY_MS).toISOString().slice(11, 23);
  const digits = Math.max(String(days).length, 1);
  return `INTERVAL '${days} ${rest}' ${precise("DAY", digits)} TO SECOND(3)`;
}

/** A TIMESTAMP of UTC, to the millisecond. */
export function timestampLiteral(ms: number): string {
  const text = new Date(ms).toISOString().slice(0, 23).replace("T", " ");
  return `TIMESTAMP '${text}'`;
}

/** Lines moved to the right. */
export function indent(text: string, by = 2): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(by));
}

/** The options of a table, one a line. */
export function withClause(options: Readonly<Record<string, string>>): string {
  const lines = Object.entries(options).map(
    ([key, value]) => `  ${quoteText(key)} = ${quoteText(value)}`,
  );
  return `WITH (\n${lines.join(",\n")}\n)`;
}

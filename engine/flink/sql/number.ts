/**
 * Numbers of events in SQL: a JSON number, or a string that is one.
 *
 * @module
 */
import { quoteText } from "./text.ts";

/** JSON's grammar; Flink's cast alone takes NaN, hexadecimals and `1d` too. */
const NUMBER = "^-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?\\z";

/**
 * A text as DOUBLE; NULL when it is no number.
 *
 * @param text An expression of type STRING.
 */
export function numberOf(text: string): string {
  return `TRY_CAST(REGEXP_EXTRACT(${text}, ${quoteText(NUMBER)}, 0) AS DOUBLE)`;
}

/**
 * Times of events in SQL: the forms that `engine/job/time.ts` reads.
 *
 * @module
 */
import { quoteText } from "./text.ts";

/** The text with seconds, which may be missing; Flink's cast needs them. */
function withSeconds(text: string): string {
  const behindMinutes = `SUBSTRING(${text} FROM 17 FOR 1)`;
  const inserted = `SUBSTRING(${text} FROM 1 FOR 16) || ':00' || SUBSTRING(${text} FROM 17)`;
  return `CASE WHEN ${behindMinutes} IN ('Z', '+', '-', '') THEN ${inserted} ELSE ${text} END`;
}

/**
 * The part that Flink's cast reads, up to milliseconds, if what is behind it
 * is all right. Flink takes a 30th of February for the last; the first line
 * refuses it.
 */
const READABLE = [
  "^(?!.{5}(02-3|(0[469]|11)-31))",
  "\\d{4}-\\d\\d-\\d\\d[T ]([01]\\d|2[0-3]):\\d\\d:\\d\\d(\\.\\d{1,3})?",
  "(?=((?<=\\.\\d{3})\\d+)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)?\\z)",
].join("");

/** Whole minutes of the offset at the end of a text, 0 without. */
function offsetMinutes(text: string): string {
  const minutes = `(TRY_CAST(SUBSTRING(${text} FROM CHAR_LENGTH(${text}) - 4 FOR 2) AS INT) * 60 + TRY_CAST(RIGHT(${text}, 2) AS INT))`;
  return [
    `CASE SUBSTRING(${text} FROM CHAR_LENGTH(${text}) - 5 FOR 1)`,
    `WHEN '+' THEN -${minutes} WHEN '-' THEN ${minutes} ELSE 0 END`,
  ].join(" ");
}

/**
 * A text as TIMESTAMP(3) of UTC; NULL when it is no time.
 *
 * @param text An expression of type STRING; it is used several times.
 */
export function timeOf(text: string): string {
  const readable = `REGEXP_EXTRACT(${withSeconds(text)}, ${quoteText(READABLE)}, 0)`;
  return [
    `TIMESTAMPADD(MINUTE, ${offsetMinutes(text)},`,
    `TRY_CAST(REPLACE(${readable}, 'T', ' ') AS TIMESTAMP(3)))`,
  ].join(" ");
}

/** A TIMESTAMP's milliseconds since the epoch, as BIGINT. */
export function epochMsOf(timestamp: string): string {
  return `EXTRACT(EPOCH FROM ${timestamp}) * 1000 + EXTRACT(MILLISECOND FROM ${timestamp})`;
}

/**
 * Finds the event time of a line.
 *
 * @module
 */
import { parseTimeMs } from "../job/time.ts";

/** What a line is: an event's time, or why it isn't sent. */
export type LineKind =
  | { readonly kind: "event"; readonly timeMs: number }
  | { readonly kind: "watermark" | "unparsable" };

const UNPARSABLE = { kind: "unparsable" } as const;
const WATERMARK = { kind: "watermark" } as const;

/**
 * Reads a line of JSON as far as the replay needs it.
 *
 * @param text One JSON text.
 * @param timeField Name of the field with the event time.
 */
export function lineKind(text: string, timeField: string): LineKind {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return UNPARSABLE;
  }
  if (value === null || typeof value !== "object") return UNPARSABLE;
  const event = value as Readonly<Record<string, unknown>>;
  if (event["type"] === "watermark") return WATERMARK;
  const time = event[timeField];
  const timeMs = typeof time === "string" ? parseTimeMs(time) : Number.NaN;
  return Number.isNaN(timeMs) ? UNPARSABLE : { kind: "event", timeMs };
}

/**
 * Moves times in events that are written in a form of the user's own, or on the
 * clock of a time zone: each text is read and written anew, as its length may
 * change.
 *
 * @module
 */
import type { Timestamps } from "./source/timestamps.ts";

/** A JSON string, and the colon that makes it a member's name. */
const STRING_REGEXP = /"((?:[^"\\]|\\.)*)"(\s*:)?/g;

/** An event whose times were moved. */
export interface MovedEvent {
  readonly text: string;
  /** Its own time, as the text says it now; NaN if it stands nowhere in it. */
  readonly timeMs: number;
}

/** A string's content; most have no escapes. */
function contentOf(raw: string): string {
  return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
}

/** Whether an event has its time in such a form. */
export function hasOwnTime(
  event: string,
  timeMs: number,
  timestamps: Timestamps,
): boolean {
  for (const [, raw = "", colon] of event.matchAll(STRING_REGEXP)) {
    if (colon !== undefined) continue;
    const text = contentOf(raw);
    if (timestamps.isOwn(text) && timestamps.readMs(text) === timeMs) {
      return true;
    }
  }
  return false;
}

/**
 * Moves all times of an event: those of that form, and those of the forms that
 * the engine reads.
 *
 * @returns Undefined if one can't be moved so far.
 */
export function withTimesMoved(
  event: string,
  { timeMs, shiftMs }: { readonly timeMs: number; readonly shiftMs: number },
  timestamps: Timestamps,
): MovedEvent | undefined {
  let isPossible = true;
  let movedMs = Number.NaN;
  const text = event.replaceAll(
    STRING_REGEXP,
    (all, raw: string, colon: string | undefined) => {
      if (colon !== undefined) return all;
      const before = contentOf(raw);
      const after = timestamps.moved(before, shiftMs);
      if (after === undefined) isPossible = false;
      if (after === undefined || after === before) return all;
      if (timestamps.readMs(before) === timeMs) {
        movedMs = timestamps.readMs(after);
      }
      return JSON.stringify(after);
    },
  );
  return isPossible ? { text, timeMs: movedMs } : undefined;
}

/**
 * What has changed between two JSON values, so that a page that watches is sent
 * only that.
 *
 * @module
 */

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * A change: `[value]` puts a value in place, and so does a number that is not
 * 0 by itself; `0` takes a key away, and an object changes the keys that it
 * names, of an object or (as long as its length stays) an array.
 */
export type Patch =
  | number
  | readonly [Json]
  | { readonly [key: string]: Patch };

type JsonObject = { readonly [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The entries that differ, as JSON; empty when none does. */
function entriesText(
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
): string {
  let text = "";
  for (const key in before) {
    if (!Object.hasOwn(after, key)) text += `,${JSON.stringify(key)}:0`;
  }
  for (const key in after) {
    const value = after[key] as Json;
    const isKnown = Object.hasOwn(before, key);
    const known = before[key] as Json;
    if (isKnown && known === value) continue;
    const patch =
      typeof value === "number"
        ? numberText(value)
        : isKnown
          ? patchText(known, value)
          : JSON.stringify([value]);
    if (patch !== "") text += `,${JSON.stringify(key)}:${patch}`;
  }
  return text === "" ? "" : `{${text.slice(1)}}`;
}

/** Most of what changes are numbers; those that JSON has no text for are null. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return "[null]";
  return value === 0 ? "[0]" : String(value);
}

/**
 * What turns one value into another, as JSON: a {@linkcode Patch}. It is text
 * at once, since there are thousands of entries twice a second.
 *
 * @returns Empty when they are equal.
 */
export function patchText(before: Json, after: Json): string {
  if (before === after) return "";
  if (isObject(before) && isObject(after)) return entriesText(before, after);
  const areAlike =
    Array.isArray(before) &&
    Array.isArray(after) &&
    before.length === after.length;
  if (!areAlike) return JSON.stringify([after]);
  return entriesText(
    before as unknown as JsonObject,
    after as unknown as JsonObject,
  );
}

/** A value with a change made; neither is altered. */
export function patched(value: Json, patch: Patch | undefined): Json {
  if (patch === undefined) return value;
  if (typeof patch === "number") return patch;
  if (Array.isArray(patch)) return patch[0] as Json;
  const changes = new Map(Object.entries(patch as object)) as Map<
    string,
    Patch
  >;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return items.map((item, i) => patched(item, changes.get(String(i))));
  }
  const entries = new Map(Object.entries(value as JsonObject));
  for (const [key, change] of changes) {
    if (change === 0) entries.delete(key);
    else entries.set(key, patched(entries.get(key) ?? null, change));
  }
  return Object.fromEntries(entries);
}

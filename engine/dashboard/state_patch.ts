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
 * A change: `[value]` puts a value in place, `0` takes a key away, and an
 * object changes the keys that it names, of an object or (as long as its
 * length stays) an array.
 */
export type Patch = 0 | readonly [Json] | { readonly [key: string]: Patch };

type JsonObject = { readonly [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function byIndex(items: readonly Json[]): JsonObject {
  return Object.fromEntries(items.map((item, i) => [String(i), item]));
}

function patchOfEntries(before: JsonObject, after: JsonObject) {
  const entries: [string, Patch][] = [];
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) entries.push([key, 0]);
  }
  for (const [key, value] of Object.entries(after)) {
    const patch = Object.hasOwn(before, key)
      ? patchOf(before[key] as Json, value)
      : ([value] as const);
    if (patch !== undefined) entries.push([key, patch]);
  }
  // Not by assignment: a key may be "__proto__".
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What turns one value into another; undefined when they are equal. */
export function patchOf(before: Json, after: Json): Patch | undefined {
  if (before === after) return undefined;
  if (isObject(before) && isObject(after)) return patchOfEntries(before, after);
  const areAlike =
    Array.isArray(before) &&
    Array.isArray(after) &&
    before.length === after.length;
  if (!areAlike) return [after];
  return patchOfEntries(byIndex(before), byIndex(after));
}

/** A value with a change made; neither is altered. */
export function patched(value: Json, patch: Patch | undefined): Json {
  if (patch === undefined) return value;
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

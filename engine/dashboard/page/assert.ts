/**
 * `node:assert` for the browser: as much of it as shared code needs.
 *
 * @module
 */

/** Throws when a condition doesn't hold. */
export default function assert(condition: unknown, message?: string): void {
  if (!condition) throw new Error(message ?? "Assertion failed");
}

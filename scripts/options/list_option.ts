/**
 * Options that may be given more than once.
 *
 * @module
 */

/**
 * Collects the values of a repeatable option, for `argParser()`; give the
 * option no default.
 *
 * @param value The value of this occurrence.
 * @param previous The values before it.
 */
export function listOption(
  value: string,
  previous: readonly string[] | undefined,
): readonly string[] {
  return [...(previous ?? []), value];
}

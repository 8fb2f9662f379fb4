/**
 * Durations and sizes as people write them in options: `200ms`, `5s`, `5MiB`.
 *
 * @module
 */

const DURATION_REGEXP = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const DURATION_MS = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
} as const;

const SIZE_REGEXP = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/;
const SIZE_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function parse(
  text: string,
  regexp: RegExp,
  factors: Readonly<Record<string, number>>,
): number | undefined {
  const match = regexp.exec(text);
  if (!match) return undefined;
  const value = Math.round(Number(match[1]) * (factors[match[2] ?? ""] ?? NaN));
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Reads a duration.
 *
 * @param text A number with its unit: `ms`, `s`, `m`, `h` or `d`.
 * @returns Milliseconds, whole.
 * @throws {RangeError} If the text is no duration.
 *
 * @example Usage
 * ```ts
 * parseDurationMs("1.5s"); // 1500
 * ```
 */
export function parseDurationMs(text: string): number {
  const value = parse(text, DURATION_REGEXP, DURATION_MS);
  if (value !== undefined) return value;
  throw new RangeError(
    `Cannot read "${text}" as a duration: write a number with its unit, such as 200ms, 5s, 10m`,
  );
}

/**
 * Reads a size.
 *
 * @param text A number with its unit: `B`, `KiB`, `MiB` or `GiB`.
 * @returns Bytes, whole.
 * @throws {RangeError} If the text is no size.
 */
export function parseSizeBytes(text: string): number {
  const value = parse(text, SIZE_REGEXP, SIZE_BYTES);
  if (value !== undefined) return value;
  throw new RangeError(
    `Cannot read "${text}" as a size: write a number with its unit, such as 512KiB, 5MiB, 2GiB`,
  );
}

/**
 * Sequence numbers: decimal texts of up to 128 digits, never a Number.
 *
 * @module
 */

const DECIMAL_REGEXP = /^\d{1,128}$/;

/** Whether a text can be a sequence number. */
export function isSequenceNumber(text: string): boolean {
  return DECIMAL_REGEXP.test(text);
}

/**
 * Orders sequence numbers of one shard, by length and then by text.
 *
 * @returns Less than 0 if `a` is the earlier, 0 if they are equal, else more.
 */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

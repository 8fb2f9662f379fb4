/**
 * Base64 that lies in a buffer, decoded where it lies.
 *
 * @module
 */

const PADDING = 0x3d;

/** Bytes that base64 text of this length and padding stands for; -1 if odd. */
export function base64Bytes(length: number, padding: number): number {
  return length % 4 === 0 ? (length / 4) * 3 - padding : -1;
}

/**
 * Decodes base64 text in place; what it stands for is always shorter.
 *
 * @param bytes The buffer.
 * @param start Offset of the text.
 * @param end Its end, exclusive.
 * @returns The end of the decoded bytes, exclusive, which begin at `start`;
 * -1 if the text isn't base64 with its padding.
 */
export function base64InPlace(
  bytes: Buffer,
  start: number,
  end: number,
): number {
  if (end === start) return start;
  let padding = 0;
  if (bytes[end - 1] === PADDING) padding = bytes[end - 2] === PADDING ? 2 : 1;
  const expected = base64Bytes(end - start, padding);
  if (expected < 0) return -1;
  // Node's decoder passes over what isn't base64: then it writes less.
  const text = bytes.toString("latin1", start, end);
  const written = bytes.write(text, start, expected, "base64");
  return written === expected ? start + written : -1;
}

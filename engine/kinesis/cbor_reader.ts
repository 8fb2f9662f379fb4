/**
 * Reads a whole CBOR text (RFC 8949) into JavaScript values: requests to the
 * local Kinesis, and whatever else is small. For large answers walk a
 * {@linkcode CborCursor} instead.
 *
 * @module
 */
import { errorLine } from "../errors.ts";
import { CborCursor, type CborValue } from "./cbor_cursor.ts";

export type { CborValue } from "./cbor_cursor.ts";

/**
 * Decodes one item. Tags are passed over, `undefined` becomes `null`, map keys
 * must be text, and byte strings are copied. The pieces of indefinite strings
 * are moved together inside `bytes`, so don't use those afterwards.
 *
 * @param bytes Exactly one item.
 * @throws {SyntaxError} If it isn't that.
 *
 * @example Usage
 * ```ts
 * decodeCbor(Buffer.from([0xa1, 0x61, 0x61, 0x01])); // { a: 1 }
 * ```
 */
export function decodeCbor(bytes: Buffer): CborValue {
  const cursor = new CborCursor(bytes, bytes.length);
  let value: CborValue;
  try {
    value = cursor.value();
  } catch (error) {
    throw new SyntaxError(errorLine(error), { cause: error });
  }
  if (cursor.at === bytes.length) return value;
  throw new SyntaxError(
    `Cannot read ${bytes.length} bytes as one CBOR item: it ends at byte ${cursor.at}`,
  );
}

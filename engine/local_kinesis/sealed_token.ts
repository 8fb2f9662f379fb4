/**
 * Tokens that only their maker can read into something: shard iterators and
 * the tokens of paged lists.
 *
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const MAC_BYTES = 16;
const SEPARATOR = "|";

/** Seals and opens tokens; those of another box don't open. */
export class TokenBox {
  readonly #key = randomBytes(32);

  #mac(text: Buffer): Buffer {
    return createHmac("sha256", this.#key)
      .update(text)
      .digest()
      .subarray(0, MAC_BYTES);
  }

  /** @param fields Without `|`, but for the last. */
  seal(fields: readonly (string | number)[]): string {
    const text = Buffer.from(fields.join(SEPARATOR));
    return Buffer.concat([this.#mac(text), text]).toString("base64");
  }

  /**
   * @param token Anything.
   * @param count Of the fields that were sealed.
   * @returns The fields, or `undefined` if it isn't such a token.
   */
  open(token: string, count: number): readonly string[] | undefined {
    const bytes = Buffer.from(token, "base64");
    if (bytes.length <= MAC_BYTES || bytes.toString("base64") !== token) {
      return undefined;
    }
    const text = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(text))) {
      return undefined;
    }
    const fields = text.toString().split(SEPARATOR);
    return fields.length === count ? fields : undefined;
  }
}

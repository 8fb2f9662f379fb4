/**
 * Tokens that only their maker can read into something: shard iterators and
 * the tokens of paged lists.
 *
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const MAC_BYTES = 16;
const SEPARATOR = "|";

/** What a token is for; one for another purpose doesn't open. */
export type TokenKind = "consumers" | "iterator" | "shards" | "streams";

/** What goes into a token. */
export type TokenFields = readonly (string | number)[];

/** Seals and opens tokens; those of another box don't open. */
export class TokenBox {
  readonly #key = randomBytes(32);

  #mac(kind: TokenKind, text: Buffer): Buffer {
    return createHmac("sha256", this.#key)
      .update(`${kind}${SEPARATOR}`)
      .update(text)
      .digest()
      .subarray(0, MAC_BYTES);
  }

  /** @param fields Without `|`. */
  seal(kind: TokenKind, fields: TokenFields): string {
    const text = Buffer.from(fields.join(SEPARATOR));
    return Buffer.concat([this.#mac(kind, text), text]).toString("base64");
  }

  /**
   * @param kind What it must be for.
   * @param token Anything.
   * @returns The fields, or `undefined` if it isn't such a token.
   */
  open(kind: TokenKind, token: string): readonly string[] | undefined {
    const bytes = Buffer.from(token, "base64");
    if (bytes.length <= MAC_BYTES || bytes.toString("base64") !== token) {
      return undefined;
    }
    const text = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(kind, text))) {
      return undefined;
    }
    return text.toString().split(SEPARATOR);
  }
}

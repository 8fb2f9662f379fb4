/**
 * Tokens that carry a paged list on.
 *
 * @module
 */
import { NEXT_TOKEN_LIFE_MS } from "../limits.ts";
import type { TokenKind } from "../sealed_token.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";

/** The lists that are given in pages. */
type ListKind = Exclude<TokenKind, "iterator">;

/** Makes a token that carries some fields, none of them with `|`. */
export function sealNextToken(
  service: Service,
  kind: ListKind,
  fields: readonly string[],
): string {
  return service.tokens.seal(kind, [service.clock.nowMs(), ...fields]);
}

/**
 * The fields of a token.
 *
 * @param service Which made it.
 * @param kind Of the list.
 * @param token From a request.
 * @throws {ServiceError} `InvalidArgumentException` or
 *   `ExpiredNextTokenException`.
 */
export function openNextToken(
  service: Service,
  kind: ListKind,
  token: string,
): readonly string[] {
  const fields = service.tokens.open(kind, token);
  if (fields === undefined) {
    throw new ServiceError(
      "InvalidArgumentException",
      "The NextToken is invalid.",
    );
  }
  const [madeAt, ...own] = fields;
  const ageMs = service.clock.nowMs() - Number(madeAt);
  if (ageMs > NEXT_TOKEN_LIFE_MS) {
    throw new ServiceError(
      "ExpiredNextTokenException",
      "The NextToken has expired.",
    );
  }
  return own;
}

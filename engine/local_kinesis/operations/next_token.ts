/**
 * Tokens that carry a paged list on.
 *
 * @module
 */
import { NEXT_TOKEN_LIFE_MS } from "../limits.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";

/** What a token carries: the list's own fields, never with `|`. */
export function sealNextToken(
  service: Service,
  fields: readonly string[],
): string {
  return service.tokens.seal([service.clock.nowMs(), ...fields]);
}

/**
 * The fields of a token.
 *
 * @param service Which made it.
 * @param token From a request.
 * @param count How many fields it must have.
 * @throws {ServiceError} `InvalidArgumentException` or
 *   `ExpiredNextTokenException`.
 */
export function openNextToken(
  service: Service,
  token: string,
  count: number,
): readonly string[] {
  const fields = service.tokens.open(token, count + 1);
  if (fields === undefined) {
    throw new ServiceError(
      "InvalidArgumentException",
      "The NextToken is invalid.",
    );
  }
  const ageMs = service.clock.nowMs() - Number(fields[0]);
  if (ageMs > NEXT_TOKEN_LIFE_MS) {
    throw new ServiceError(
      "ExpiredNextTokenException",
      "The NextToken has expired.",
    );
  }
  return fields.slice(1);
}

/**
 * The part of an error message that says what to do.
 *
 * @module
 */
import { errorLine } from "../../engine/errors.ts";

/**
 * The remedy in a message of the form `Cannot do X: remedy`; a message of
 * another form as it is.
 */
export function remedyOf(error: unknown): string {
  const line = errorLine(error);
  const colon = line.lastIndexOf(": ");
  return line.startsWith("Cannot ") && colon > 0 ? line.slice(colon + 2) : line;
}

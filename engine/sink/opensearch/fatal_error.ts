/**
 * Errors of a cluster that trying again can't help.
 *
 * @module
 */
import { FlagdropError } from "../../errors.ts";
import type { Refusal } from "./refusal.ts";
import { refusalText } from "./refusal.ts";

/**
 * The error for the user; undefined for what is tried again, or is about one
 * document.
 *
 * @param action What was tried, e.g. `"write to"`.
 * @param name The cluster's addresses.
 */
export function fatalError(
  action: string,
  name: string,
  refusal: Refusal,
): FlagdropError | undefined {
  const text = refusalText(refusal);
  const what = `Cannot ${action} OpenSearch at ${name}`;
  if (refusal.kind === "credentials") {
    return new FlagdropError(
      "FD_CREDENTIALS",
      `${what} as it refused the credentials (${text}): check them, their permissions, --opensearch-auth and --opensearch-service`,
    );
  }
  if (refusal.kind === "no_ids") {
    return new FlagdropError(
      "FD_SINK",
      `${what} as this collection takes no ids of ours (${text}): use a collection of type search, or --opensearch-ids off, which writes at least once`,
      { domain: "user" },
    );
  }
  if (refusal.kind === "refused") {
    return new FlagdropError(
      "FD_SINK",
      `${what} as it refused the request (${text}): check that the address is a cluster's`,
    );
  }
  return undefined;
}

/**
 * Options that have no effect beside the others: refused, since who gives them
 * expects one.
 *
 * @module
 */
import type { Command } from "commander";
import { FlagdropError } from "../../engine/errors.ts";

/** When some options have an effect. */
export interface OptionUse {
  /** Their names, as commander has them. */
  readonly options: readonly string[];
  readonly isUsed: boolean;
  /** Why not, and what then: what comes after "Cannot use --option". */
  readonly problem: string;
}

/**
 * Refuses options of the command line that have no effect. What the environment
 * or a file of settings says is for all commands, and stands.
 *
 * @throws {FlagdropError} `FD_OPTION` for the first of them.
 */
export function refuseUnusedOptions(
  command: Command,
  uses: readonly OptionUse[],
): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== "cli") continue;
    const unused = uses.find(
      ({ options, isUsed }) => !isUsed && options.includes(name),
    );
    if (unused === undefined) continue;
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot use ${option.long} ${unused.problem}`,
      { domain: "user" },
    );
  }
}

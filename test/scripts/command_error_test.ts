/**
 * How commands end. Goal: the line names a refused value, but no password.
 */
import { CommanderError } from "commander";
import t from "tap";
import { FlagdropError } from "../../engine/errors.ts";
import { failureOf } from "../../scripts/command_error.ts";

t.test("failureOf() leaves passwords of addresses out", async (t) => {
  const value = "https://me:se/c@ret@host:1/x";
  const refused = new CommanderError(
    2,
    "commander.invalidArgument",
    `error: option '--endpoint <url>' argument '${value}' is invalid. write a URL`,
  );
  t.strictSame(
    failureOf(refused).line,
    'Cannot use "https://host:1/x" as --endpoint: write a URL',
  );
  const error = new FlagdropError(
    "FD_OPTION",
    `Cannot use "${value}" as FLAGDROP_ENDPOINT: write a URL`,
    { domain: "user" },
  );
  t.strictSame(
    failureOf(error).line,
    'Cannot use "https://host:1/x" as FLAGDROP_ENDPOINT: write a URL',
  );
});

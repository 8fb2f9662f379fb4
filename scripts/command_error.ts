/**
 * What a user sees when a command can't start or can't go on: one line.
 *
 * @module
 */
import { CommanderError } from "commander";
import { errorLine, FlagdropError } from "../engine/errors.ts";

/** Exit code of a bad option. */
const EXIT_OPTION = 2;
/** Exit code of a failure while running. */
const EXIT_FAILURE = 1;

/** How a command ends. */
export interface CommandFailure {
  readonly exitCode: number;
  /** One line, without the command's name; empty when all has been said. */
  readonly line: string;
  /** The error's code, for failures while running. */
  readonly code: string | undefined;
  /** What was thrown. */
  readonly error: unknown;
}

/** Commander's messages, and ours for them; `$1` and so on are its parts. */
const OPTION_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [
    /^unknown option '([^']+)' Did you mean (?:one of )?(.+)\?$/,
    'Cannot use unknown option "$1": did you mean $2?',
  ],
  [/^unknown option '([^']+)'$/, 'Cannot use unknown option "$1": see --help'],
  [
    /^unknown command '([^']+)' Did you mean (?:one of )?(.+)\?$/,
    'Cannot run unknown command "$1": did you mean $2?',
  ],
  [
    /^unknown command '([^']+)'$/,
    'Cannot run unknown command "$1": see --help',
  ],
  [
    /^option '([^']*?)(?: [<[].*)?' argument missing$/,
    "Cannot use $1 without a value: write it after the option",
  ],
  [
    /^option '(.+?)(?: [<[].*?)?' argument '(.*)' is invalid\. Cannot (.+)$/,
    "Cannot use $1: cannot $3",
  ],
  [
    /^option '(.+?)(?: [<[].*?)?' argument '(.*)' is invalid\. (.+)$/,
    'Cannot use "$2" as $1: $3',
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.+?)'\. (.+)$/,
    'Cannot use "$1" as $2: $3',
  ],
  [
    /^required option '([^']*?)(?: [<[].*)?' not specified$/,
    "Cannot start without $1: give it, or see --help",
  ],
  [
    /^missing required argument '(.+)'$/,
    "Cannot start without $1: give it, or see --help",
  ],
];

/** Commander's message in our words. */
function optionLine(message: string): string {
  const line = message
    .replace(/^error: /, "")
    .replaceAll(/\s*[\r\n]+\s*/g, " ")
    .replaceAll(/\((Did you mean .+\?)\)/g, "$1")
    .replace(/Allowed choices are (.+)\.$/, "write one of $1");
  for (const [pattern, ours] of OPTION_MESSAGES) {
    if (pattern.test(line)) return line.replace(pattern, ours);
  }
  return line;
}

/** Users and passwords of addresses, up to the last "@" before a space or quote. */
const USER_INFO_REGEXP = /(https?:\/\/)[^\s"]*@/gi;

/** A refused value is named, but not the password in it. */
function masked(line: string): string {
  return line.replaceAll(USER_INFO_REGEXP, "$1");
}

/** Turns anything thrown by a command into its end. */
export function failureOf(error: unknown): CommandFailure {
  if (error instanceof CommanderError) {
    // Help and version are thrown too, after they have been printed.
    if (error.exitCode === 0) {
      return { exitCode: 0, line: "", code: undefined, error };
    }
    const isHelp = error.code.startsWith("commander.help");
    return {
      exitCode: EXIT_OPTION,
      line: isHelp ? "" : masked(optionLine(error.message)),
      code: undefined,
      error,
    };
  }
  if (error instanceof FlagdropError) {
    const isOption = error.code === "FD_OPTION";
    return {
      exitCode: isOption ? EXIT_OPTION : EXIT_FAILURE,
      line: masked(errorLine(error)),
      code: isOption ? undefined : error.code,
      error,
    };
  }
  // An operating system's error has a code of its own, such as ENOSPC.
  const code =
    error instanceof Error && "code" in error ? String(error.code) : "FD_BUG";
  return { exitCode: EXIT_FAILURE, line: errorLine(error), code, error };
}

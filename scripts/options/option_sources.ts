/**
 * Option values from the environment and from a `--config` file. The command
 * line goes before the environment, that before the file, that before defaults.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Command, Option } from "commander";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import { nearestWord } from "./nearest_word.ts";
import { remedyOf } from "./remedy.ts";

/** Whose section of a file a command reads: the doctor looks at a run. */
function sectionName(command: Command): string {
  return command.name() === "doctor" ? "run" : command.name();
}

/** Names of options that make no sense outside the command line. */
const COMMAND_LINE_ONLY: ReadonlySet<string> = new Set(["help", "version"]);

const TRUTHS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  ["1", true],
  [false, false],
  ["false", false],
  ["0", false],
]);

/** A value found outside the command line. */
interface FoundValue {
  readonly value: unknown;
  /** How an error names the place, e.g. `FLAGDROP_WORKERS`. */
  readonly place: string;
  readonly source: "env" | "config";
}

/** An option and the command it belongs to. */
interface OwnedOption {
  readonly command: Command;
  readonly option: Option;
}

/** The environment variable of an option: `--log-level` is `FLAGDROP_LOG_LEVEL`. */
export function environmentName(option: Option): string {
  return `FLAGDROP_${option.name().replaceAll("-", "_").toUpperCase()}`;
}

/** Whether an option may be given several times. */
function isList(option: Option): boolean {
  if (option.variadic) return true;
  // A parser that looks at the previous value collects.
  return option.argChoices === undefined && (option.parseArg?.length ?? 0) > 1;
}

function refused({ value, place }: FoundValue, remedy: string): FlagdropError {
  return new FlagdropError(
    "FD_OPTION",
    `Cannot use ${JSON.stringify(value)} as ${place}: ${remedy}`,
    { domain: "user" },
  );
}

/** The texts that the option would have been given on the command line. */
function textsOf(option: Option, found: FoundValue): string[] {
  const { value, source } = found;
  const isText = (one: unknown) =>
    typeof one === "string" || typeof one === "number";
  if (isList(option)) {
    const items = source === "env" ? String(value).split(",") : [value].flat();
    if (items.every(isText)) return items.map(String);
    throw refused(found, "write a list of texts");
  }
  if (isText(value)) return [String(value)];
  throw refused(found, "write a text or a number");
}

/** What the option's parser, if it has one, makes of the texts. */
function parsedValue(
  option: Option,
  texts: readonly string[],
  found: FoundValue,
): unknown {
  const { parseArg } = option;
  if (parseArg === undefined) return option.variadic ? texts : texts[0];
  let parsed: unknown;
  for (const text of texts) {
    try {
      parsed = parseArg.call(option, text, parsed);
    } catch (error) {
      throw refused(found, remedyOf(error));
    }
  }
  return parsed;
}

/** Sets an option as if the value had stood on the command line. */
function apply({ command, option }: OwnedOption, found: FoundValue): void {
  const name = option.attributeName();
  const { source } = found;
  if (option.isBoolean() || option.negate) {
    const truth = TRUTHS.get(found.value);
    if (truth === undefined) throw refused(found, "write true or false");
    command.setOptionValueWithSource(name, truth !== option.negate, source);
    return;
  }
  const texts = textsOf(option, found);
  command.setOptionValueWithSource(
    name,
    parsedValue(option, texts, found),
    source,
  );
}

/** Options of a command and of those above it. */
function optionsOf(command: Command): OwnedOption[] {
  const own = command.options
    .filter((option) => !COMMAND_LINE_ONLY.has(option.name()))
    .map((option) => ({ command, option }));
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

function isGiven({ command, option }: OwnedOption): boolean {
  const source = command.getOptionValueSource(option.attributeName());
  return source !== undefined && source !== "default";
}

/**
 * Sets the options that are not on the command line from the environment.
 *
 * @throws {FlagdropError} `FD_OPTION`, naming the variable.
 */
export function applyEnvironment(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const owned of optionsOf(command)) {
    const place = environmentName(owned.option);
    const value = env[place];
    if (value === undefined || value === "" || isGiven(owned)) continue;
    apply(owned, { value, place, source: "env" });
  }
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot read "${path}" as --config: ${errorLine(error)}`,
      { domain: "user", cause: error },
    );
  }
  if (typeof config === "object" && config !== null && !Array.isArray(config)) {
    return config as Record<string, unknown>;
  }
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use "${path}" as --config: write a JSON object such as {"workers": 2}`,
    { domain: "user" },
  );
}

/**
 * Sets the options that stand neither on the command line nor in the
 * environment from a JSON file: option names as keys, and under a command's
 * name an object for that command alone.
 *
 * @param command The command that is about to run.
 * @param path The file.
 * @param commandNames All commands, whose sections are passed over.
 * @throws {FlagdropError} `FD_OPTION`, naming file and key.
 */
export async function applyConfig(
  command: Command,
  path: string,
  commandNames: readonly string[],
): Promise<void> {
  const config = await readConfig(path);
  const section = config[sectionName(command)];
  const common = Object.entries(config).filter(
    ([key, value]) => !(commandNames.includes(key) && isSection(value)),
  );
  const own = isSection(section) ? Object.entries(section) : [];
  const options = optionsOf(command);
  // The command's own section first: what is set once stays.
  for (const [key, value] of [...own, ...common]) {
    const owned = options.find(({ option }) => option.name() === key);
    if (owned === undefined || key === "config") {
      throw unknownKey(key, path, options);
    }
    if (isGiven(owned)) continue;
    apply(owned, { value, place: `"${key}" in ${path}`, source: "config" });
  }
}

/**
 * What a config file says now of one option of a command that is running.
 *
 * @returns Undefined when it says nothing, or when the option's value comes
 * from the command line or the environment, which go before the file.
 * @throws {FlagdropError} `FD_OPTION`, naming file and key.
 */
export async function readConfigOption(
  command: Command,
  path: string,
  name: string,
): Promise<unknown> {
  const config = await readConfig(path);
  const section = config[sectionName(command)];
  const value =
    (isSection(section) ? section[name] : undefined) ?? config[name];
  const owned = optionsOf(command).find(({ option }) => option.name() === name);
  if (owned === undefined || value === undefined) return undefined;
  const { option } = owned;
  const source = owned.command.getOptionValueSource(option.attributeName());
  if (source === "cli" || source === "env") return undefined;
  const place = `"${name}" in ${path}`;
  const found: FoundValue = { value, place, source: "config" };
  return parsedValue(option, textsOf(option, found), found);
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownKey(
  key: string,
  path: string,
  options: readonly OwnedOption[],
): FlagdropError {
  const near = nearestWord(
    key,
    options.map(({ option }) => option.name()),
  );
  const remedy =
    near === undefined
      ? "use option names without their dashes"
      : `did you mean "${near}"?`;
  return new FlagdropError(
    "FD_OPTION",
    `Cannot use "${key}" in ${path} as it is no option: ${remedy}`,
    { domain: "user" },
  );
}

/**
 * The `flagdrop` program: its commands, the options they share, and how it
 * ends.
 *
 * @module
 */
import { Command, Option } from "commander";
import { FlagdropError } from "../engine/errors.ts";
import {
  createLog,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  type LogProblem,
} from "../engine/log.ts";
import { VERSION } from "../engine/version.ts";
import { type CommandFailure, failureOf } from "./command_error.ts";
import { type CommandContext, setContext } from "./context.ts";
import { applyConfig, applyEnvironment } from "./options/option_sources.ts";
import { Screen } from "./screen.ts";
import type { StopSignals } from "./stop_signals.ts";

/** Warnings and errors kept for the page, the newest. */
const PROBLEMS_KEPT_MAX = 100;

/** Surroundings of the program. */
export interface ProgramOptions {
  /** Arguments without node and file. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signals: StopSignals;
}

/** One line of the list of commands; its module is loaded when it is needed. */
interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: "demo",
    summary: "everything on this machine: stream, replay, engine, store",
    load: async () => (await import("./commands/demo.ts")).demoCommand(),
  },
  {
    name: "run",
    summary: "run a job over a Kinesis stream or files",
    load: async () => (await import("./commands/run.ts")).runCommand(),
  },
  {
    name: "job",
    summary: "check, explain, list and show jobs",
    load: async () => (await import("./commands/job.ts")).jobCommand(),
  },
  {
    name: "replay",
    summary: "put trips into a Kinesis stream at a given speed",
    load: async () => (await import("./commands/replay.ts")).replayCommand(),
  },
  {
    name: "dashboard",
    summary: "show what a store holds",
    load: async () =>
      (await import("./commands/dashboard.ts")).dashboardCommand(),
  },
  {
    name: "dashboards",
    summary: "write or install the job's dashboard for OpenSearch Dashboards",
    load: async () =>
      (await import("./commands/dashboards.ts")).dashboardsCommand(),
  },
  {
    name: "dead-letters",
    summary: "send refused documents once more",
    load: async () =>
      (await import("./commands/dead_letters.ts")).deadLettersCommand(),
  },
  {
    name: "checkpoints",
    summary: "list, show or delete the checkpoints of a run",
    load: async () =>
      (await import("./commands/checkpoints.ts")).checkpointsCommand(),
  },
  {
    name: "flink",
    summary: "run the job on a cluster of Apache Flink",
    load: async () => (await import("./commands/flink.ts")).flinkCommand(),
  },
  {
    name: "doctor",
    summary: "check what a run needs, and say what to fix",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  {
    name: "kinesis",
    summary: "serve a local Kinesis",
    load: async () => (await import("./commands/kinesis.ts")).kinesisCommand(),
  },
];

const COMMAND_NAMES = COMMANDS.map(({ name }) => name);

/** Options of all commands. */
interface GlobalOptions {
  readonly config?: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

const HELP_END = `
Every option also comes from the environment (--log-level as
FLAGDROP_LOG_LEVEL) and from a JSON file (--config); the command line goes
first, then the environment, then the file.`;

const PROGRAM_EXAMPLE = `
Example:
  $ flagdrop demo --duration 60s`;

function createProgram({ stdout, stderr }: ProgramOptions): Command {
  return new Command("flagdrop")
    .description(
      "Tallies geographic events from Amazon Kinesis in event-time windows.",
    )
    .version(VERSION)
    .addOption(
      new Option("--log-level <level>", "how much is logged")
        .choices([...LOG_LEVELS])
        .default("info"),
    )
    .addOption(
      new Option("--log-format <format>", "how log lines look")
        .choices([...LOG_FORMATS])
        .default("text"),
    )
    .option("--config <file>", "JSON file with options")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // The one line is written at the end.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText("after", `${HELP_END}${PROGRAM_EXAMPLE}`);
}

/** The first argument that is no option of the program, nor the value of one. */
function commandName(program: Command, argv: readonly string[]): string {
  const takesValue = (text: string) =>
    program.options.some(({ long, required }) => required && long === text);
  const operands = argv.filter(
    (text, i) => !text.startsWith("-") && !takesValue(argv[i - 1] ?? ""),
  );
  return (operands[0] === "help" ? operands[1] : operands[0]) ?? "";
}

/**
 * Options that must be given; they may stand in the environment or the file,
 * where commander doesn't look before it complains.
 */
function takeMandatory(command: Command): () => void {
  const options = command.options.filter(({ mandatory }) => mandatory);
  for (const option of options) option.mandatory = false;
  return () => {
    for (const option of options) {
      if (command.getOptionValue(option.attributeName()) === undefined) {
        command.error(`error: required option '${option.flags}' not specified`);
      }
    }
  };
}

/** Commander only counts the arguments it has no use for; name the first. */
function checkArguments(command: Command): void {
  const surplus = command.args[command.registeredArguments.length];
  if (surplus === undefined) return;
  if (command.registeredArguments.at(-1)?.variadic) return;
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use argument "${surplus}": values go after their options, see --help`,
    { domain: "user" },
  );
}

/** Adds all commands; only the one that is wanted is loaded. */
async function addCommands(
  program: Command,
  wanted: string,
): Promise<() => void> {
  let checkMandatory = () => {};
  for (const { name, summary, load } of COMMANDS) {
    const command = name === wanted ? await load() : new Command(name);
    if (name === wanted) checkMandatory = takeMandatory(command);
    command.copyInheritedSettings(program).summary(summary);
    command.allowExcessArguments();
    if (command.description() === "") command.description(summary);
    program.addCommand(command);
  }
  return checkMandatory;
}

function createContext(
  program: Command,
  options: ProgramOptions,
): CommandContext {
  const { stdout, stderr, signals, env } = options;
  const { logLevel, logFormat } = program.opts<GlobalOptions>();
  const screen = new Screen(stderr);
  const problems: LogProblem[] = [];
  const log = createLog({
    level: logLevel,
    format: logFormat,
    output: screen,
    onProblem(problem) {
      problems.push(problem);
      if (problems.length > PROBLEMS_KEPT_MAX) problems.shift();
    },
  });
  const isTty = [stdout, stderr].every((one) => "isTTY" in one && one.isTTY);
  return {
    log,
    logFormat,
    stdout,
    stderr,
    isTerminal: isTty && env["TERM"] !== "dumb" && logFormat === "text",
    screen,
    problems: () => problems,
    signal: signals.start((name) =>
      log.info(`${name}: finishing; once more ends at once`),
    ),
  };
}

/** Says why a command ends, in the form that its log has. */
function report(
  program: Command,
  { line, code, error }: CommandFailure,
  options: ProgramOptions,
): void {
  const { logLevel, logFormat } = program.opts<GlobalOptions>();
  const stack =
    logLevel === "debug" && error instanceof Error ? error.stack : undefined;
  if (logFormat === "json") {
    createLog({ level: "error", format: "json", output: options.stderr }).error(
      { ...(code && { code }), ...(stack && { stack }) },
      line,
    );
    return;
  }
  const command = commandName(program, options.argv);
  const name = COMMAND_NAMES.includes(command) ? ` ${command}` : "";
  const suffix = code === undefined ? "" : ` (${code})`;
  options.stderr.write(`flagdrop${name}: ${line}${suffix}\n`);
  if (stack !== undefined) options.stderr.write(`${stack}\n`);
}

/** The arguments; those of an older producer as they are spelled now. */
async function presentArguments(
  command: string,
  { argv, stderr }: ProgramOptions,
): Promise<readonly string[]> {
  if (command !== "replay") return argv;
  const { presentSpelling } = await import("./options/old_spellings.ts");
  const { argv: spelled, hint } = presentSpelling(argv);
  if (hint !== undefined) stderr.write(`flagdrop replay: ${hint}\n`);
  return spelled;
}

/**
 * Runs the program.
 *
 * @returns The exit code: 0, 1 for a failure while running, 2 for a bad option.
 */
export async function runProgram(options: ProgramOptions): Promise<number> {
  const { env, signals } = options;
  const program = createProgram(options);
  try {
    const wanted = commandName(program, options.argv);
    const argv = await presentArguments(wanted, options);
    const checkMandatory = await addCommands(program, wanted);
    program.hook("preAction", async (_, command) => {
      checkArguments(command);
      applyEnvironment(command, env);
      const { config } = program.opts<GlobalOptions>();
      if (config !== undefined) {
        await applyConfig(command, config, COMMAND_NAMES);
      }
      checkMandatory();
      setContext(program, createContext(program, options));
    });
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.line !== "") report(program, failure, options);
    return failure.exitCode;
  } finally {
    signals.stop();
  }
}

import { join } from "node:path";
import { Command, Option } from "commander";
import t, { type Test } from "tap";
import { listOption } from "../../../scripts/options/list_option.ts";
import { integerOption } from "../../../scripts/options/number_option.ts";
import {
  applyConfig,
  applyEnvironment,
  environmentName,
  readConfigOption,
} from "../../../scripts/options/option_sources.ts";

/** A program with one command that has an option of each kind. */
function commandWith(argv: readonly string[] = []): Command {
  const command = new Command("run")
    .option("--workers <n>", "", integerOption({ min: 1, max: 64 }), 2)
    .option("--sink <sink>", "", listOption)
    .option("--name <names...>", "")
    .option("--until-end", "", false)
    .option("--no-limits", "")
    .addOption(new Option("--from <where>").choices(["earliest", "latest"]))
    .action(() => {});
  new Command("flagdrop")
    .option("--log-level <level>", "", "info")
    .option("--config <file>", "")
    .addCommand(command)
    .parse(["run", ...argv], { from: "user" });
  return command;
}

function optionsOf(command: Command): Record<string, unknown> {
  return command.optsWithGlobals();
}

/** Applies a config file with the given text. */
async function configured(
  t: Test,
  { text, argv = [] }: { text: string; argv?: readonly string[] },
): Promise<Record<string, unknown>> {
  const file = join(t.testdir({ "c.json": text }), "c.json");
  const command = commandWith(argv);
  await applyConfig(command, file, ["run", "replay"]);
  return optionsOf(command);
}

t.test("environmentName() is the option in capitals", async (t) => {
  t.equal(
    environmentName(new Option("--reads-per-second <n>")),
    "FLAGDROP_READS_PER_SECOND",
  );
  t.equal(environmentName(new Option("--no-limits")), "FLAGDROP_NO_LIMITS");
});

t.test("applyEnvironment() sets options of every kind", async (t) => {
  const command = commandWith();
  applyEnvironment(command, {
    FLAGDROP_WORKERS: "4",
    FLAGDROP_SINK: "none,ndjson:a",
    FLAGDROP_NAME: "a,b",
    FLAGDROP_UNTIL_END: "true",
    FLAGDROP_NO_LIMITS: "1",
    FLAGDROP_FROM: "earliest",
    FLAGDROP_LOG_LEVEL: "debug",
    FLAGDROP_UNHEARD_OF: "x",
  });
  t.strictSame(optionsOf(command), {
    workers: 4,
    sink: ["none", "ndjson:a"],
    name: ["a", "b"],
    untilEnd: true,
    limits: false,
    from: "earliest",
    logLevel: "debug",
  });
});

t.test("applyEnvironment() gives way to the command line", async (t) => {
  const command = commandWith(["--workers", "3", "--sink", "none"]);
  applyEnvironment(command, { FLAGDROP_WORKERS: "4", FLAGDROP_SINK: "x" });
  t.match(optionsOf(command), { workers: 3, sink: ["none"] });
  t.equal(command.opts()["sink"].length, 1);
});

t.test("applyEnvironment() takes an empty variable as none", async (t) => {
  const command = commandWith();
  applyEnvironment(command, { FLAGDROP_WORKERS: "" });
  t.equal(command.opts()["workers"], 2);
});

t.test("applyEnvironment() names the variable that is wrong", async (t) => {
  const problems: readonly (readonly [string, string, string])[] = [
    [
      "FLAGDROP_WORKERS",
      "many",
      'Cannot use "many" as FLAGDROP_WORKERS: write a whole number from 1 to 64',
    ],
    [
      "FLAGDROP_UNTIL_END",
      "maybe",
      'Cannot use "maybe" as FLAGDROP_UNTIL_END: write true or false',
    ],
  ];
  for (const [name, value, message] of problems) {
    t.throws(() => applyEnvironment(commandWith(), { [name]: value }), {
      code: "FD_OPTION",
      message,
    });
  }
});

t.test("applyConfig() sets options of every kind", async (t) => {
  const text = JSON.stringify({
    workers: 4,
    sink: ["none", "ndjson:a,b"],
    name: "a",
    "until-end": true,
    "no-limits": true,
    "log-level": "warn",
  });
  t.match(await configured(t, { text }), {
    workers: 4,
    sink: ["none", "ndjson:a,b"],
    name: ["a"],
    untilEnd: true,
    limits: false,
    logLevel: "warn",
  });
});

t.test("applyConfig() gives way to command line and environment", async (t) => {
  const file = join(
    t.testdir({ "c.json": '{"workers":4,"from":"latest","log-level":"warn"}' }),
    "c.json",
  );
  const command = commandWith(["--workers", "3"]);
  applyEnvironment(command, { FLAGDROP_FROM: "earliest" });
  await applyConfig(command, file, ["run"]);
  t.match(optionsOf(command), {
    workers: 3,
    from: "earliest",
    logLevel: "warn",
  });
});

t.test("applyConfig() puts a command's own section first", async (t) => {
  const text =
    '{"workers":4,"run":{"workers":5},"replay":{"speedup":3},"sink":"none"}';
  t.match(await configured(t, { text }), { workers: 5, sink: ["none"] });
});

t.test("applyConfig() names file and key that are wrong", async (t) => {
  const problems: Readonly<Record<string, RegExp>> = {
    '{"wrokers":4}':
      /^Cannot use "wrokers" in .*c\.json as it is no option: did you mean "workers"\?$/,
    '{"zzzzzzz":4}': /^Cannot use "zzzzzzz" in .*: use option names/,
    '{"run":{"wrokers":4}}': /"wrokers"/,
    '{"config":"x.json"}': /^Cannot use "config" in /,
    '{"workers":"many"}':
      /^Cannot use "many" as "workers" in .*c\.json: write a whole number/,
    '{"workers":[1,2]}':
      /^Cannot use \[1,2\] as "workers" in .*: write a text or a number$/,
    '{"sink":[{}]}': /: write a list of texts$/,
    '{"until-end":"yes"}': /: write true or false$/,
    "[1]": /^Cannot use ".*c\.json" as --config: write a JSON object/,
    "{": /^Cannot read ".*c\.json" as --config: /,
  };
  for (const [text, message] of Object.entries(problems)) {
    await t.rejects(configured(t, { text }), { code: "FD_OPTION", message });
  }
});

t.test("applyConfig() names a file that isn't there", async (t) => {
  await t.rejects(applyConfig(commandWith(), "no/such.json", []), {
    code: "FD_OPTION",
    message: /^Cannot read "no\/such\.json" as --config: /,
  });
});

t.test("readConfigOption() gives what a file says now", async (t) => {
  const folder = t.testdir({
    "c.json": '{"workers": 3}',
    "d.json": '{"workers": 3, "run": {"workers": "4"}}',
    "e.json": "{}",
    "bad.json": '{"workers": 900}',
  });
  const read = async (file: string, argv: readonly string[] = []) => {
    const command = commandWith(argv);
    await applyConfig(command, join(folder, "c.json"), ["run"]);
    return await readConfigOption(command, join(folder, file), "workers");
  };
  t.equal(await read("c.json"), 3);
  t.equal(await read("d.json"), 4, "the command's own section goes before");
  t.equal(await read("e.json"), undefined);
  t.equal(
    await read("c.json", ["--workers", "2"]),
    undefined,
    "the command line goes before the file",
  );
  await t.rejects(read("bad.json"), {
    code: "FD_OPTION",
    message: /bad\.json/,
  });
});

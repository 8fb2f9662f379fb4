/**
 * The frame of the command line: what it prints and how it ends, in this
 * process. Commands themselves are run by the tests in `test/e2e`.
 */
import { join } from "node:path";
import t from "tap";
import { runHere as flagdrop } from "./run_here.ts";

t.test(
  "a bad option is one line with the remedy, and exit code 2",
  async (t) => {
    const problems: readonly (readonly [readonly string[], string])[] = [
      [
        ["rnu"],
        'flagdrop: Cannot run unknown command "rnu": did you mean run?',
      ],
      [["zzz"], 'flagdrop: Cannot run unknown command "zzz": see --help'],
      [
        ["--strem", "run"],
        'flagdrop run: Cannot use unknown option "--strem": see --help',
      ],
      [
        ["run", "--strem", "x"],
        'flagdrop run: Cannot use unknown option "--strem": did you mean --stream?',
      ],
      [
        ["run", "--workers", "x"],
        'flagdrop run: Cannot use "x" as --workers: write a whole number from 1 to 64',
      ],
      [
        ["run", "--workers"],
        "flagdrop run: Cannot use --workers without a value: write it after the option",
      ],
      [
        ["--log-level", "loud", "run"],
        'flagdrop run: Cannot use "loud" as --log-level: write one of debug, info, warn, error, silent',
      ],
      [
        ["run", "taxi"],
        'flagdrop run: Cannot use argument "taxi": values go after their options, see --help',
      ],
      [
        ["run", "--region", "Ireland"],
        'flagdrop run: Cannot use "Ireland" as --region: write a region such as eu-west-1',
      ],
    ];
    for (const [argv, line] of problems) {
      t.strictSame(
        await flagdrop(argv),
        { exitCode: 2, stdout: "", stderr: `${line}\n` },
        argv.join(" "),
      );
    }
  },
);

t.test(
  "a bad variable or config file is one line, and exit code 2",
  async (t) => {
    const fromVariable = await flagdrop(["run"], { FLAGDROP_WORKERS: "0" });
    t.strictSame(fromVariable, {
      exitCode: 2,
      stdout: "",
      stderr:
        'flagdrop run: Cannot use "0" as FLAGDROP_WORKERS: write a whole number from 1 to 64\n',
    });
    const file = join(t.testdir({ "c.json": '{"wrokers":1}' }), "c.json");
    const outcomes = [
      await flagdrop(["run", "--config", file]),
      await flagdrop(["run"], { FLAGDROP_CONFIG: file }),
    ];
    for (const { exitCode, stderr } of outcomes) {
      t.equal(exitCode, 2);
      t.match(
        stderr,
        /^flagdrop run: Cannot use "wrokers" in .*"workers"\?\n$/,
      );
    }
  },
);

t.test("a failure is one line with its code, and exit code 1", async (t) => {
  const folder = t.testdir({ "job.json": "{}" });
  const argv = ["run", "--source", "file:x", "--job", join(folder, "job.json")];
  const plain = await flagdrop(argv);
  t.equal(plain.exitCode, 1);
  t.match(
    plain.stderr,
    /^flagdrop run: Cannot use ".*job\.json" for --job: .* \(FD_JOB\)\n$/,
  );

  const debug = await flagdrop([...argv, "--log-level", "debug"]);
  t.match(debug.stderr, /\(FD_JOB\)\nFlagdropError: Cannot .*\n +at /);

  const json = await flagdrop([...argv, "--log-format", "json"]);
  t.match(JSON.parse(json.stderr), {
    level: "error",
    code: "FD_JOB",
    msg: /^Cannot use ".*job\.json" for --job/,
  });
});

t.test("--help lists the commands without loading them", async (t) => {
  const { exitCode, stdout, stderr } = await flagdrop(["--help"]);
  t.equal(exitCode, 0);
  t.equal(stderr, "");
  for (const name of ["demo", "run", "replay", "kinesis"]) {
    t.match(stdout, new RegExp(`^  ${name} `, "m"));
  }
  t.match(stdout, "$ flagdrop demo");
});

t.test("--help of a command and help COMMAND are the same", async (t) => {
  const { exitCode, stdout } = await flagdrop(["run", "--help"]);
  t.equal(exitCode, 0);
  t.match(stdout, "--workers <n>");
  t.match(stdout, "--log-level <level>");
  t.match(stdout, /Example/);
  t.equal((await flagdrop(["help", "run"])).stdout, stdout);
});

t.test(
  "without a command help goes to standard error, exit code 2",
  async (t) => {
    const { exitCode, stdout, stderr } = await flagdrop([]);
    t.equal(exitCode, 2);
    t.equal(stdout, "");
    t.match(stderr, /^Usage: flagdrop/);
  },
);

t.test("--version is the package's version alone", async (t) => {
  const { exitCode, stdout } = await flagdrop(["--version"]);
  t.equal(exitCode, 0);
  t.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

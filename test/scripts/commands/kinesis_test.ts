/** `flagdrop kinesis`: what it says when it is ready, and how it ends. */
import t from "tap";
import { request } from "undici";
import { runProgram } from "../../../scripts/program.ts";
import { MemoryOutput } from "../memory_output.ts";

interface Running {
  /** The standard error so far. */
  readonly stderr: MemoryOutput;
  readonly exitCode: Promise<number>;
  stop(): void;
}

function kinesis(argv: readonly string[]): Running {
  const stderr = new MemoryOutput();
  const controller = new AbortController();
  const exitCode = runProgram({
    argv: ["kinesis", ...argv],
    env: {},
    stdout: new MemoryOutput(),
    stderr,
    signals: { start: () => controller.signal, stop() {} },
  });
  return { stderr, exitCode, stop: () => controller.abort() };
}

/** The address in the ready line. */
async function addressOf({ stderr, exitCode }: Running): Promise<string> {
  let hasEnded = false;
  const ended = exitCode.then(() => {
    hasEnded = true;
  });
  for (;;) {
    const address = /ready at (http:\S+)/.exec(stderr.text)?.[1];
    if (address !== undefined) return address;
    if (hasEnded) throw new Error(stderr.text);
    await Promise.race([
      ended,
      new Promise((resolve) => setImmediate(resolve)),
    ]);
  }
}

t.test("it says where it is and what to run next", async (t) => {
  const running = kinesis(["--port", "0", "--stream", "taxi", "--shards", "3"]);
  const address = await addressOf(running);
  t.equal((await request(`${address}/health`)).statusCode, 200);
  running.stop();
  t.equal(await running.exitCode, 0);
  const { text } = running.stderr;
  t.match(
    text,
    / info local Kinesis ready at .* stream=taxi shards=3 limits=on\n/,
  );
  for (const command of ["replay --source generator", "run"]) {
    t.match(text, `flagdrop ${command} --stream taxi`);
  }
  t.match(text, /local Kinesis ends requests=1 records_in=0/);
  await t.rejects(request(`${address}/health`), { code: "ECONNREFUSED" });
});

t.test("--no-limits is told", async (t) => {
  const running = kinesis(["--port", "0", "--no-limits"]);
  await addressOf(running);
  running.stop();
  t.equal(await running.exitCode, 0);
  t.match(running.stderr.text, / limits=off\n/);
});

t.test("--faults strike from the start, and are told", async (t) => {
  const running = kinesis(["--port", "0", "--faults", "hang:0.5@GetRecords"]);
  const address = await addressOf(running);
  const { body } = await request(`${address}/faults`);
  t.match(await body.json(), {
    rules: [{ fault: "hang", probability: 0.5, operations: ["GetRecords"] }],
    counts: [0],
  });
  running.stop();
  t.equal(await running.exitCode, 0);
  t.match(running.stderr.text, / limits=on faults=on\n/);
});

t.test("a bad option is one line, and exit code 2", async (t) => {
  for (const [argv, line] of [
    [
      ["--memory", "1MiB"],
      'Cannot use "1MiB" as --memory: write a size of 64MiB or more',
    ],
    [
      ["--max-record-size", "11MiB"],
      'Cannot use "11MiB" as --max-record-size: write a size from 1MiB to 10MiB',
    ],
    [
      ["--iterator-life", "0s"],
      'Cannot use "0s" as --iterator-life: write a duration above 0, such as 5m',
    ],
    [
      ["--stream", "a b"],
      'Cannot use "a b" as --stream: write a name of 1 to 128 letters, digits, "_", "." or "-"',
    ],
    [
      ["--shards", "2"],
      "Cannot use --shards without a stream: give --stream too",
    ],
    [
      ["--faults", "cut 0.1"],
      'Cannot use the faults: "cut 0.1" is none: write fault:probability@Operation, such as throttle:0.1@GetRecords, or JSON',
    ],
    [
      ["--subscription-life", "0s"],
      'Cannot use "0s" as --subscription-life: write a duration above 0, such as 5m',
    ],
  ] as const) {
    const running = kinesis(argv);
    t.equal(await running.exitCode, 2);
    t.equal(running.stderr.text, `flagdrop kinesis: ${line}\n`);
  }
});

t.test("a port that is taken is one line, and exit code 1", async (t) => {
  const running = kinesis(["--port", "0"]);
  const { port } = new URL(await addressOf(running));
  const second = kinesis(["--port", port]);
  t.equal(await second.exitCode, 1);
  t.match(
    second.stderr.text,
    `Cannot listen on 127.0.0.1:${port} as a local Kinesis`,
  );
  running.stop();
  t.equal(await running.exitCode, 0);
});

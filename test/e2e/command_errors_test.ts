/**
 * Every wrong option and unreachable thing ends the command with one line that
 * names it: exit code 2 for the command line, 1 for the world outside. Most are
 * run in this process; one of each kind is a process, seen from outside.
 */
import { join } from "node:path";
import t, { type Test } from "tap";
import { byScale } from "../judge/scale.ts";
import { runHere } from "../scripts/run_here.ts";
import { flagdrop, freePort } from "./flagdrop.ts";
import { LocalKinesis } from "./local_kinesis.ts";

t.setTimeout(byScale(600_000, 600_000));

/** What one command line must answer. */
interface Complaint {
  readonly args: readonly string[];
  /** What the line must name. */
  readonly names: string | RegExp;
  readonly codes: readonly number[];
  /** Run as a process of its own. */
  readonly outside?: boolean;
}

const INFO_REGEXP = /^\d\d:\d\d:\d\d\.\d{3} info /;

/** Commands run at once. */
const CONCURRENCY = 2;

const folder = t.testdir({
  "trips.jsonl": '{"type":"fare"}\n',
  "broken.jsonl.gz": "this is not gzip",
  "cut.jsonl.gz": Buffer.from("1f8b0800000000000003abae0500", "hex"),
  "zones.json": '{"NYC":{"cells":["dr72"]},"JFK":{"cells":["a!"]}}',
  "other.db": "this is no store",
  "job.json": '{"version":1,"name":"x","queries":[]}',
});
const trips = `file:${join(folder, "trips.jsonl")}`;
const NOWHERE = "http://127.0.0.1:1";

/** A run over the small file with something wrong added. */
function run(...more: string[]): string[] {
  return ["run", "--source", trips, "--sink", "none", ...more];
}

const USAGE = [2];
const OUTSIDE = [1];
/** A path given as an option may count as either. */
const EITHER = [1, 2];

const COMPLAINTS: readonly Complaint[] = [
  {
    args: run("--workers", "0"),
    names: "--workers",
    codes: USAGE,
  },
  { args: run("--workers", "two"), names: "--workers", codes: USAGE },
  { args: run("--workers", "100000"), names: "--workers", codes: USAGE },
  { args: run("--wrokers", "2"), names: "--wrokers", codes: USAGE },
  { args: run("--workers"), names: "--workers", codes: USAGE },
  { args: run("--zones", "nowhere"), names: "nowhere", codes: EITHER },
  {
    args: run("--zones", join(folder, "zones.json")),
    names: /zones\.json|JFK/,
    codes: EITHER,
  },
  { args: run("--from", "yesterday"), names: "--from", codes: USAGE },
  {
    args: run("--from", "2016-02-30T00:00:00Z"),
    names: "--from",
    codes: USAGE,
  },
  { args: run("--status-port", "70000"), names: "--status-port", codes: USAGE },
  { args: run("--job", join(folder, "job.json")), names: /job/, codes: EITHER },
  {
    args: run("--job", join(folder, "no.json")),
    names: "no.json",
    codes: EITHER,
  },
  { args: run("--stream", "taxi"), names: "--stream", codes: USAGE },
  { args: run("surplus"), names: "surplus", codes: USAGE },
  {
    args: ["run", "--source", trips, "--sink", "foo:bar"],
    names: "foo:bar",
    codes: USAGE,
  },
  {
    args: ["run", "--source", trips, "--sink", "ndjson:"],
    names: "ndjson:",
    codes: USAGE,
  },
  {
    args: [
      "run",
      "--source",
      trips,
      "--sink",
      `ndjson:${folder}/no/out.ndjson`,
    ],
    names: "no/out.ndjson",
    codes: EITHER,
  },
  {
    args: ["run", "--source", trips, "--sink", `ndjson:${folder}`],
    names: folder,
    codes: EITHER,
  },
  {
    args: ["run", "--source", trips, "--sink", `duckdb:${folder}/no/x.duckdb`],
    names: "no/x.duckdb",
    codes: EITHER,
  },
  {
    args: ["run", "--source", trips, "--sink", `duckdb:${folder}/job.json`],
    names: "job.json",
    codes: EITHER,
  },
  {
    args: ["run", "--source", trips, "--sink", `duckdb:${folder}/other.db`],
    names: "other.db",
    codes: EITHER,
  },
  {
    args: run("--dead-letters", join(folder, "no", "dead.ndjson")),
    names: "no/dead.ndjson",
    codes: EITHER,
  },
  {
    args: ["run", "--source", "file:missing.jsonl", "--sink", "none"],
    names: "missing.jsonl",
    codes: EITHER,
  },
  {
    args: ["run", "--source", `file:${folder}/none-*.jsonl`, "--sink", "none"],
    names: "none-*.jsonl",
    codes: EITHER,
  },
  {
    args: ["run", "--source", `file:${folder}`, "--sink", "none"],
    names: folder,
    codes: EITHER,
  },
  {
    args: [
      "run",
      "--source",
      `file:${folder}/broken.jsonl.gz`,
      "--sink",
      "none",
    ],
    names: "broken.jsonl.gz",
    codes: OUTSIDE,
    outside: true,
  },
  {
    args: ["run", "--source", `file:${folder}/cut.jsonl.gz`, "--sink", "none"],
    names: "cut.jsonl.gz",
    codes: OUTSIDE,
  },
  {
    args: ["run", "--source", "ftp:trips.jsonl", "--sink", "none"],
    names: "ftp:trips.jsonl",
    codes: USAGE,
  },
  { args: ["run"], names: /--stream|--source/, codes: USAGE },
  { args: ["rum"], names: "rum", codes: USAGE, outside: true },
  {
    args: ["run", "--stream", "taxi", "--endpoint", NOWHERE, "--sink", "none"],
    names: "127.0.0.1:1",
    codes: OUTSIDE,
  },
  {
    args: ["run", "--stream", "taxi", "--endpoint", "nonsense"],
    names: "--endpoint",
    codes: USAGE,
  },
  {
    args: ["run", "--stream", "taxi", "--sink", "none"],
    names: /region/i,
    codes: EITHER,
  },
  {
    args: [
      "run",
      "--stream",
      "taxi",
      "--region",
      "us-east-1",
      "--sink",
      "none",
    ],
    names: /credential/i,
    codes: EITHER,
  },
  {
    args: [
      "replay",
      "--source",
      trips,
      "--stream",
      "taxi",
      "--endpoint",
      NOWHERE,
    ],
    names: "127.0.0.1:1",
    codes: OUTSIDE,
  },
  {
    args: [
      ...["replay", "--source", "file:missing.jsonl", "--stream", "taxi"],
      ...["--endpoint", NOWHERE],
    ],
    names: /missing\.jsonl|127\.0\.0\.1:1/,
    codes: EITHER,
  },
  {
    args: [
      ...["replay", "--source", trips, "--stream", "taxi", "--speedup", "-1"],
      ...["--endpoint", NOWHERE],
    ],
    names: "--speedup",
    codes: USAGE,
  },
  {
    args: ["replay", "--source", trips, "--endpoint", NOWHERE],
    names: "--stream",
    codes: USAGE,
  },
  { args: ["kinesis", "--port", "99999"], names: "--port", codes: USAGE },
  {
    args: ["kinesis", "--port", "0", "--stream", "x", "--shards", "0"],
    names: "--shards",
    codes: USAGE,
  },
  {
    args: ["demo", "--duration", "5 parsecs"],
    names: "--duration",
    codes: USAGE,
  },
];

/** What was printed, and the exit code; `null` when it didn't end by itself. */
async function outcomeOf({ args, outside = byScale(false, true) }: Complaint) {
  if (!outside) {
    const { exitCode: code, stdout, stderr } = await runHere(args);
    return { code, stdout, stderr };
  }
  return await flagdrop(args, { cwd: folder, timeoutMs: 60_000 });
}

async function complains(t: Test, complaint: Complaint): Promise<void> {
  const { args, names, codes } = complaint;
  const { stderr, stdout, code } = await outcomeOf(complaint);
  const name = args.map((arg) => arg.replaceAll(folder, "FOLDER")).join(" ");
  await t.test(`flagdrop ${name}`, async (t) => {
    t.ok(code !== null && codes.includes(code), `exit code ${code}: ${stderr}`);
    // What was reported before it came to light is no part of the complaint.
    const lines = stderr
      .trimEnd()
      .split("\n")
      .filter((line) => !INFO_REGEXP.test(line));
    t.equal(lines.length, 1, `one line: ${stderr}`);
    t.match(lines[0], names, "names it");
    t.notMatch(stderr, /\n\s+at |node:internal|\[object /);
    t.equal(stdout, "");
  });
}

// The SDK looks for credentials here; a process of its own has none of these.
const ENVIRONMENT = process.env;
process.env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")),
  ),
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
};
t.teardown(() => {
  process.env = ENVIRONMENT;
});

t.test("a wrong command line is one line that names it", async (t) => {
  const waiting = [...COMPLAINTS];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await complains(t, next);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
});

t.test(
  "what a stream's service refuses is one line that names it",
  async (t) => {
    const kinesis = await LocalKinesis.start([
      "--stream",
      "taxi",
      "--shards",
      "1",
    ]);
    try {
      const from = ["--endpoint", kinesis.endpoint];
      const missing: readonly (readonly string[])[] = [
        ["run", "--stream", "nobody", ...from],
        ["run", "--stream", "nobody!", ...from],
        ["replay", "--stream", "nobody", "--source", trips, ...from],
      ];
      for (const [i, args] of missing.entries()) {
        const outside = i === 0;
        await complains(t, { args, names: "nobody", codes: EITHER, outside });
      }
      const { port } = new URL(kinesis.endpoint);
      const taken = [
        ["kinesis", "--port", port],
        [
          ...["run", "--stream", "taxi", ...from],
          ...["--sink", "none", "--status-port", port],
        ],
      ];
      for (const args of taken) {
        await complains(t, { args, names: port, codes: OUTSIDE });
      }
      t.not(await freePort(), Number(port));
    } finally {
      await kinesis.stop();
    }
  },
);

t.test("--help has an example and exits 0", async (t) => {
  for (const command of ["run", "replay", "kinesis", "demo"]) {
    const { exitCode, stdout, stderr } = await runHere([command, "--help"]);
    t.equal(exitCode, 0, command);
    t.equal(stderr, "");
    t.match(stdout, /Example/i, command);
    t.match(stdout, `flagdrop ${command} `, command);
  }
  const { code, stdout } = await flagdrop(["--version"]);
  t.equal(code, 0);
  t.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

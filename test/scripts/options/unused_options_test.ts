/**
 * Options that have no effect beside the others are refused where they stand on
 * the command line, in one line that says what to do.
 */
import t from "tap";
import { runHere } from "../run_here.ts";

const FILE = ["run", "--source", "file:nothing.jsonl"];
const STREAM = ["run", "--stream", "taxi", "--endpoint", "http://127.0.0.1:1"];
const GENERATOR = ["replay", "--stream", "taxi", "--source", "generator"];
const LINES = ["replay", "--stream", "taxi", "--source", "file:nothing.jsonl"];

/** A command line, the option that is refused, and what the line says. */
const REFUSED: readonly (readonly [readonly string[], string])[] = [
  [[...FILE, "--consumer", "tally"], "it is for --stream"],
  [[...FILE, "--endpoint", "http://127.0.0.1:1"], "it is for --stream"],
  [[...FILE, "--reads-per-second", "2"], "it is for --stream"],
  [[...FILE, "--kpl-out-of-range", "keep"], "it is for --stream"],
  [[...FILE, "--idle-timeout", "1m"], "it is for --stream"],
  [[...FILE, "--from", "latest"], "from their beginning"],
  [[...FILE, "--from", "2016-01-01T00:00:00Z"], "from their beginning"],
  [[...STREAM, "--checkpoint-interval", "1s"], "without --checkpoint"],
  [[...STREAM, "--checkpoint-max-age", "1m"], "without --checkpoint"],
  [[...STREAM, "--on-job-change", "adapt"], "without --checkpoint"],
  [[...STREAM, "--on-trimmed", "continue"], "without --checkpoint"],
  [[...STREAM, "--s3-endpoint", "http://127.0.0.1:1"], "without checkpoints"],
  [[...STREAM, "--sink", "none", "--retention", "1d"], "without a store"],
  [[...STREAM, "--opensearch-index", "a"], "without OpenSearch"],
  [[...STREAM, "--opensearch-gzip"], "without OpenSearch"],
  [[...STREAM, "--tiles-attribution", "us"], "without --tiles"],
  [[...STREAM, "--emf-name", "a"], "without --emf"],
  [[...STREAM, "--termination-hook", "a/b"], "without --watch-termination"],
  [[...LINES, "--seed", "2"], "it is for --source generator"],
  [[...LINES, "--start", "2016-01-01"], "it is for --source generator"],
  [[...LINES, "--bucket-region", "eu-west-1"], "without a bucket"],
  [[...LINES, "--no-sign-request"], "without a bucket"],
  [[...GENERATOR, "--format", "csv"], "it is for what is read"],
  [[...GENERATOR, "--time-zone", "UTC"], "it is for what is read"],
];

/** The option of a command line that begins with one of those above. */
function optionOf(argv: readonly string[]): string {
  const last = argv.at(-1) ?? "";
  return last.startsWith("--") ? last : (argv.at(-2) ?? "");
}

t.test("an option without effect is refused in one line", async (t) => {
  for (const [argv, problem] of REFUSED) {
    const { exitCode, stderr, stdout } = await runHere(argv);
    const option = optionOf(argv);
    t.equal(exitCode, 2, option);
    t.match(stderr, new RegExp(`^flagdrop ${argv[0]}: Cannot use ${option} `));
    t.match(stderr, problem);
    t.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    t.equal(stdout, "");
  }
});

t.test("one that has an effect is not", async (t) => {
  const used: readonly (readonly string[])[] = [
    [...FILE, "--from", "earliest", "--until-end", "--retention", "1d"],
    [...FILE, "--sink", "opensearch:http://127.0.0.1:1", "--opensearch-gzip"],
    [...FILE, "--checkpoint", t.testdir(), "--checkpoint-interval", "1s"],
    [...LINES, "--format", "jsonl", "--time-zone", "UTC"],
  ];
  for (const argv of used) {
    const { exitCode, stderr } = await runHere(argv);
    t.not(exitCode, 0);
    t.match(stderr, "nothing.jsonl", argv.join(" "));
  }
});

t.test("what the environment says is for all commands", async (t) => {
  const { stderr } = await runHere(FILE, {
    FLAGDROP_CONSUMER: "tally",
    FLAGDROP_OPENSEARCH_INDEX: "a",
  });
  t.match(stderr, "nothing.jsonl");
});

/**
 * `flagdrop flink` in this process, as far as it asks no cluster: what is made
 * of its options, and that no message shows a password.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { runHere } from "../run_here.ts";

const STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/taxi";

async function printed(sink: string, ...more: string[]) {
  return await runHere(
    ["flink", "submit", "--print", "--stream", STREAM, "--sink", sink].concat(
      more,
    ),
  );
}

t.test("addresses have the port that Flink's connector wants", async (t) => {
  const { exitCode, stdout, stderr } = await printed(
    "opensearch:https://a.test,http://b.test,https://c.test:9200",
  );
  t.equal(exitCode, 0, stderr);
  t.match(
    stdout,
    "'hosts' = 'https://a.test:443;http://b.test:80;https://c.test:9200'",
  );
  t.notMatch(stdout, "'username'");
});

t.test("indices are named by the job, but for the taxi job", async (t) => {
  const sink = "opensearch:https://a.test";
  const taxi = await printed(sink);
  t.match(taxi.stdout, "'index' = 'taxi-dashboard-pickup_count'");
  const positions = await printed(sink, "--job", "vehicle-positions");
  t.match(positions.stdout, "'index' = 'vehicle-positions-speeds'");
  const own = await printed(sink, "--opensearch-index", "own");
  t.match(own.stdout, "'index' = 'own-pickup_count'");
});

t.test("no password is printed or said", async (t) => {
  const shown = await printed("opensearch:https://u:secret@a.test");
  t.equal(shown.exitCode, 0, shown.stderr);
  t.match(shown.stdout, "'username' = 'u',\n  'password' = '******'");
  t.match(shown.stderr, /the password is left out/);
  const wrong = await Promise.all([
    printed("https://u:secret@a.test"),
    printed("opensearch:https://u:secret@a.test/path"),
    printed("opensearch:https://a.test", "--gateway", "http://u:secret@b"),
  ]);
  for (const { exitCode, stderr } of wrong) {
    t.equal(exitCode, 2);
    t.match(stderr, /^flagdrop flink: Cannot use [^\n]+: write [^\n]+\n$/);
  }
  for (const { stdout, stderr } of [shown, ...wrong]) {
    t.notMatch(stdout + stderr, "secret");
  }
  const alone = await printed(
    "opensearch:https://a.test",
    "--opensearch-user",
    "u",
  );
  t.equal(alone.exitCode, 2);
  t.match(
    alone.stderr,
    /user or password alone: .*FLAGDROP_OPENSEARCH_PASSWORD/,
  );
});

t.test("a package has the password, and no batch job", async (t) => {
  const archive = join(t.testdir(), "job.zip");
  const sink = ["--sink", "opensearch:https://u:secret@a.test"];
  const made = await runHere(
    ["flink", "package", archive, "--stream", STREAM].concat(sink),
  );
  t.equal(made.exitCode, 0, made.stderr);
  t.ok(readFileSync(archive).includes("'password' = 'secret'"));
  const files = await runHere(
    ["flink", "package", archive, "--source", `file:${archive}`].concat(sink),
  );
  t.equal(files.exitCode, 2);
  t.match(
    files.stderr,
    /Cannot write a package for batch mode .*: give --stream/,
  );
});

t.test("what is no id of a job is asked of nobody", async (t) => {
  for (const action of ["status", "cancel", "savepoint", "rescale"]) {
    const { exitCode, stderr } = await runHere(["flink", action, "../config"]);
    t.equal(exitCode, 2);
    t.match(stderr, /Cannot use "\.\.\/config" as a job: write its id, /);
  }
});

t.test("an option that an action has no use for is refused", async (t) => {
  const id = "0".repeat(32);
  for (const [args, message] of [
    [["status", "--stop"], /Cannot use --stop with flink status: .* savepoint/],
    [
      ["cancel", id, "--stream", STREAM],
      /Cannot use --stream with flink cancel/,
    ],
    [["submit", "--jar", "a.jar"], /Cannot use --jar with flink submit/],
    [
      ["rescale", id, "--role-arn", "arn:aws:iam::123456789012:role/a"],
      /--role/,
    ],
  ] as const) {
    const { exitCode, stderr } = await runHere(["flink", ...args]);
    t.equal(exitCode, 2);
    t.match(stderr, message);
    t.equal(stderr.trim().split("\n").length, 1);
  }
});

t.test("a jar that can't be read is named as such", async (t) => {
  const folder = t.testdir({});
  const archive = join(folder, "job.zip");
  for (const [jar, message] of [
    [join(folder, "none.jar"), /Cannot read jar ".*none\.jar": .*ENOENT/],
    [folder, /Cannot read jar ".*": it is no file/],
  ] as const) {
    const { exitCode, stderr } = await runHere([
      ...["flink", "package", archive, "--stream", STREAM, "--jar", jar],
      ...["--sink", "opensearch:https://a.test"],
    ]);
    t.equal(exitCode, 2);
    t.match(stderr, message);
  }
});

t.test("a file of authorities that can't be used is said", async (t) => {
  const { exitCode, stderr } = await runHere([
    ...["flink", "submit", "--stream", STREAM, "--ca-file", "/nowhere.pem"],
    ...["--sink", "opensearch:https://a.test"],
  ]);
  t.equal(exitCode, 2);
  t.match(stderr, /Cannot read "\/nowhere\.pem" as --ca-file/);
});

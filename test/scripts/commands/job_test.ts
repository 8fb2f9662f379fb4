/** `flagdrop job` in this process. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { JOB_PRESETS } from "../../../engine/job/presets/presets.ts";
import { runHere } from "../run_here.ts";

const PRESETS = Object.keys(JOB_PRESETS);

t.test("job show prints job files that job check passes", async (t) => {
  const listed = await runHere(["job", "list"]);
  for (const name of PRESETS) {
    t.match(listed.stdout, new RegExp(`^${name} +\\S`, "m"));
    const shown = await runHere(["job", "show", name]);
    const path = join(t.testdir(), "job.json");
    writeFileSync(path, shown.stdout);
    const checked = await runHere(["job", "check", path]);
    t.same([checked.exitCode, checked.stderr], [0, ""]);
    t.match(checked.stdout, /^\S+job\.json is right: job "[^\n]+\n$/);
    const explained = await runHere(["job", "explain", path]);
    const itself = await runHere(["job", "explain", name]);
    t.equal(explained.stdout, itself.stdout, "a file is the preset");
  }
});

t.test(
  "job check prints every problem with its path, and exits 1",
  async (t) => {
    const job = JOB_PRESETS["taxi"]!.job();
    job.queries[0]!.windowMs = 0;
    job.name = "";
    const path = join(t.testdir(), "job.json");
    writeFileSync(path, JSON.stringify(job));
    const { exitCode, stdout, stderr } = await runHere(["job", "check", path]);
    t.equal(exitCode, 1);
    t.match(stdout.trim().split("\n"), [
      /^"name" is "": write a letter/,
      /^"queries.0.windowMs" is 0: write 1000 or more$/,
    ]);
    t.match(
      stderr,
      /^flagdrop job: Cannot use "[^"]+": it has 2 problems, .*\(FD_JOB\)\n$/,
    );
    const run = await runHere(["run", "--source", "file:x", "--job", path]);
    t.match(
      run.stderr,
      /^flagdrop run: Cannot use "[^"]+job.json" for --job: "name" is "": .* \(and 1 more: flagdrop job check [^ ]+\) \(FD_JOB\)\n$/,
    );
  },
);

t.test("job says in one line what it can't do", async (t) => {
  for (const [argv, exitCode, line] of [
    [["check"], 2, /^flagdrop job: Cannot check without a job: name a file or/],
    [
      ["check", "none.json"],
      2,
      /"none.json" .*it is no preset \(taxi, .*\) and no file/,
    ],
    [
      ["show", "none"],
      2,
      /Cannot show "none" as it is no preset: write one of taxi/,
    ],
    [["list", "taxi"], 2, /Cannot use argument "taxi"/],
    [["paint"], 2, /"paint"/],
  ] as const) {
    const outcome = await runHere(["job", ...argv]);
    t.equal(outcome.exitCode, exitCode, argv.join(" "));
    t.match(outcome.stderr, line);
    t.equal(outcome.stderr.split("\n").length, 2);
  }
});

t.test("job explain tells the taxi job's plan", async (t) => {
  const { stdout } = await runHere(["job", "explain", "taxi"]);
  for (const line of [
    'Job "nyc-taxi", hash d8c016bc18a4',
    "  records      one JSON text a record; not compressed",
    '  watermarks   punctuated: the member "watermark" of events of kind "watermark"',
    '  fields       pickupLat    number of "pickup_lat", else "pickup_latitude"',
    "               pickup_outside_city      unless pickup lies in zone NYC",
    "  NYC  9 cells, 1 box; latitude 40.60547 to 41.13281, longitude -74.53125 to -73.47656",
    "  key          location      geohash of pickup, 6 characters",
    "               airport_code  first zone that dropoff lies in: JFK, LGA",
    "               31 of 64 bits",
    "               avg_trip_duration  average of whole minutes from pickupTime to dropoffTime",
    "  emitted      with 2 events or more",
    '  document     {"timestamp":1451606399999,"location":"dr5ru7","pickup_count":17}',
    "  id           pickup_count|1451606399999|dr5ru7",
  ]) {
    t.ok(stdout.split("\n").includes(line), line);
  }
});

t.test("job explain --sql prints the Flink SQL", async (t) => {
  const { stdout, exitCode } = await runHere([
    "job",
    "explain",
    "taxi",
    "--sql",
  ]);
  t.equal(exitCode, 0);
  t.match(stdout, /INSERT INTO .*pickup_count/s);
});

t.test("job schema prints the published schema", async (t) => {
  const { stdout } = await runHere(["job", "schema"]);
  t.equal(JSON.parse(stdout).title, "Flagdrop job");
});

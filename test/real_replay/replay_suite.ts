/**
 * The replay as its user runs it, into a local Kinesis that throttles, cuts and
 * is resharded; killed and started again. Processes of their own, so it takes a
 * minute or two: not a part of `npm test`; `.ci/run` calls it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { flagdrop, RunningCommand, until } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { Resharding } from "../e2e/resharding.ts";
import { Random } from "../judge/random.ts";
import { sentTrips } from "./sent_trips.ts";

t.setTimeout(900_000);

const EVENTS = 60_000;

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

async function kinesisWith(
  t: Test,
  args: readonly string[],
): Promise<LocalKinesis> {
  const kinesis = await LocalKinesis.start([
    ...["--stream", "taxi", "--shards", "4"],
    ...args,
  ]);
  t.teardown(() => kinesis.stop());
  return kinesis;
}

function replayArgs(endpoint: string, more: readonly string[]): string[] {
  return [
    ...["replay", "--stream", "taxi", "--source", "generator", "--no-pacing"],
    ...["--endpoint", endpoint, "--watermark-interval", "100ms", ...more],
  ];
}

const SOME = ["--limit", String(EVENTS), "--speedup", "max"];

for (const packing of [[], ["--aggregate"]]) {
  t.test(`throttled: each once ${packing}`, async (t) => {
    const faults = ["--faults", "throttle:0.2@PutRecords"];
    const { endpoint } = await kinesisWith(t, faults);
    const run = await flagdrop(replayArgs(endpoint, [...SOME, ...packing]));
    t.equal(run.code, 0, run.stderr);
    const sent = await sentTrips(endpoint, "taxi");
    t.strictSame(sent.numbers, upTo(EVENTS));
    t.equal(sent.late, 0);
    t.equal(sent.lastWatermarks.length, 4);
    t.equal(new Set(sent.lastWatermarks).size, 1);
  });

  t.test(
    `throttled and cut: each, before its watermark ${packing}`,
    async (t) => {
      const faults = ["--faults", "throttle:0.2@PutRecords,cut:0.1@PutRecords"];
      const { endpoint } = await kinesisWith(t, faults);
      const run = await flagdrop(replayArgs(endpoint, [...SOME, ...packing]));
      t.equal(run.code, 0, run.stderr);
      const sent = await sentTrips(endpoint, "taxi");
      t.strictSame([...new Set(sent.numbers)], upTo(EVENTS));
      t.equal(sent.late, 0, "copies too");
      const [, unanswered = "0"] =
        /(\d+) requests without an answer/.exec(run.stdout) ?? [];
      t.comment(`${sent.copies} copies of ${unanswered} requests`);
      if (unanswered === "0") t.equal(sent.copies, 0);
      t.equal(sent.lastWatermarks.length, 4);
      t.equal(new Set(sent.lastWatermarks).size, 1);
    },
  );
}

t.test("killed and started again: nothing is lost or late", async (t) => {
  const { endpoint } = await kinesisWith(t, []);
  const place = join(t.testdir(), "place.json");
  const args = replayArgs(endpoint, ["--resume", place, "--aggregate"]);
  const random = new Random(7);
  const eventsOf = () => {
    try {
      return JSON.parse(readFileSync(place, "utf8")).events as number;
    } catch {
      return 0;
    }
  };
  for (let kill = 0; kill < 4; kill++) {
    const before = eventsOf();
    const run = new RunningCommand(args);
    t.teardown(() => run.stop("SIGKILL"));
    await until("some are sent", () => {
      if (run.hasEnded) throw new Error(run.output);
      return eventsOf() > before + 2_000;
    });
    await new Promise((resolve) => setTimeout(resolve, random.whole(0, 200)));
    await run.stop("SIGKILL");
    t.ok(eventsOf() > before);
  }
  // Beyond whatever the killed ones have sent.
  const rest = ["--limit", "60000", "--speedup", "max"];
  const last = await flagdrop([...args, ...rest]);
  t.equal(last.code, 0, last.stderr);
  t.match(last.stderr, /going on behind what was sent before/);
  const sent = await sentTrips(endpoint, "taxi");
  const all = new Set(sent.numbers).size;
  t.strictSame([...new Set(sent.numbers)], upTo(all));
  t.equal(sent.late, 0, "copies are later than the last watermark");
  t.comment(`${sent.copies} copies of ${all}, after 4 kills`);
  t.ok(sent.copies < 4 * 10_000, "what was sent in an interval each");
});

t.test(
  "SIGINT ends with a final statistic, and the place is exact",
  async (t) => {
    const { endpoint } = await kinesisWith(t, []);
    const place = join(t.testdir(), "place.json");
    const args = replayArgs(endpoint, ["--resume", place]);
    for (let stop = 0; stop < 3; stop++) {
      const run = new RunningCommand(args);
      t.teardown(() => run.stop("SIGKILL"));
      await until("it replays", () => run.output.includes("replaying"));
      await new Promise((resolve) => setTimeout(resolve, 700));
      const { code, stdout } = await run.stop("SIGINT");
      t.equal(code, 0);
      t.match(
        stdout,
        /^all events with drop-off before 2016-.* have been sent/m,
      );
      t.match(stdout, /^\d+ events sent in \d/m);
    }
    const sent = await sentTrips(endpoint, "taxi");
    t.strictSame(sent.numbers, upTo(sent.numbers.length), "each once");
    t.equal(sent.late, 0);
  },
);

t.test("split and merged meanwhile: each once, all in time", async (t) => {
  const kinesis = await kinesisWith(t, []);
  const { endpoint } = kinesis;
  const run = new RunningCommand(replayArgs(endpoint, []));
  t.teardown(() => run.stop("SIGKILL"));
  const resharding = new Resharding(kinesis, "taxi");
  const random = new Random(11);
  await until("it replays", () => run.output.includes("replaying"));
  for (let i = 0; i < 6; i++) {
    t.comment(await resharding.change(random));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const { code, stderr } = await run.stop("SIGINT");
  t.equal(code, 0, stderr);
  const sent = await sentTrips(endpoint, "taxi");
  t.strictSame(sent.numbers, upTo(sent.numbers.length));
  t.equal(sent.late, 0);
});

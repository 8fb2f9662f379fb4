/**
 * A run under way that writes to a secure node, as a user who may do no more
 * than it needs: what it answers over HTTP, and what it tells of documents that
 * the node refuses.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { request } from "undici";
import { systemClock } from "../../engine/clock.ts";
import { planIndices } from "../../engine/sink/opensearch/index_plan.ts";
import { flagdrop, RunningCommand, until } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { TAXI } from "../engine/sink/windows.ts";
import { opensearchSettings } from "../helpers/opensearch_settings.ts";
import { AUTHORITY_PEM } from "../helpers/test_authority.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { NODE_USERS } from "./node_security.ts";
import type { OpensearchNode } from "./opensearch_node.ts";

const PREFIX = "taxi-dashboard";
const STEP_MS = 600_000;
/** The greatest value of the type to which a field is copied there. */
const BYTE_MAX = 127;
const LINES = 8_000;
/** A run to which nothing happens for so long has nothing to do. */
const QUIET_MS = 400;

interface Line {
  readonly _id: string;
  readonly query: string;
  readonly timestamp: number;
  readonly location: string;
  readonly [measure: string]: string | number;
}

function linesOf<T>(file: string): T[] {
  const text = readFileSync(file, "utf8").trimEnd();
  return text.split("\n").map((line) => JSON.parse(line) as T);
}

/** A run's own server. */
class Page {
  readonly command: RunningCommand;

  constructor(
    { endpoint }: LocalKinesis,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.command = new RunningCommand(
      [
        ...["run", "--stream", "taxi", "--endpoint", endpoint],
        ...["--from", "earliest", "--workers", "1", "--status-port", "0"],
        ...args,
      ],
      { env },
    );
  }

  async text(path: string): Promise<string> {
    const url = /live page: (http\S+)/.exec(this.command.output)?.[1];
    const { body } = await request(`${url}${path}`);
    return await body.text();
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  /** Waits until nothing is left to read or write; tells the status. */
  async settled(readMin: number): Promise<Status> {
    let before = "";
    let status: Status | undefined;
    await until("all is read and written", async () => {
      const { command } = this;
      if (command.hasEnded) throw new Error(command.output);
      if (!command.output.includes("live page:")) return false;
      await systemClock.sleep(QUIET_MS);
      status = await this.json<Status>("/api/status");
      const { counts, sinks } = status;
      const now = JSON.stringify([counts, sinks]);
      const isQuiet = now === before && counts.read >= readMin;
      before = now;
      return isQuiet && sinks.every(({ pendingDocuments: n }) => n === 0);
    });
    return status as Status;
  }
}

interface Status {
  readonly counts: { readonly read: number; readonly dead: number };
  readonly deadLetters: number;
  readonly documentsFired: number;
  readonly sinks: readonly {
    readonly name: string;
    readonly refused: number;
    readonly pendingDocuments: number;
  }[];
}

/** Answers about pickups, which the node takes all. */
async function pickupAnswers(page: Page, [from, to]: readonly number[]) {
  const range = `query=pickup_count&from=${from}&to=${to}`;
  const paths = [
    ...[1, 5, 6].map((n) => `cells?${range}&precision=${n}`),
    `cells?${range}&precision=6&box=-74.02,40.7,-73.9,40.8`,
    `series?${range}&step=${STEP_MS}`,
    `series?${range}&step=${STEP_MS}&cell=dr5ru`,
    `series?${range}&step=${3 * STEP_MS}&measure=pickup_count`,
  ];
  const answers = paths.map((path) => page.json(`/api/results/${path}`));
  return await Promise.all([page.json("/api/results"), ...answers]);
}

/** Minutes to each airport, as they are told. */
async function tripSums(page: Page, [from, to]: readonly number[]) {
  const { lines } = await page.json<{
    lines: { zone: string; timesMs: number[]; values: number[] }[];
  }>(
    `/api/results/series?query=trip_duration&from=${from}&to=${to}&step=${STEP_MS}&measure=sum_trip_duration`,
  );
  return Object.fromEntries(
    lines.flatMap(({ zone, timesMs, values }) =>
      timesMs.map((ms, i) => [`${zone} ${ms}`, values[i]]),
    ),
  );
}

/** The same from documents. */
function sumsOf(documents: readonly Line[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { timestamp, airport_code, sum_trip_duration } of documents) {
    const ms = timestamp - (timestamp % STEP_MS);
    const name = `${airport_code} ${ms}`;
    sums[name] = (sums[name] ?? 0) + Number(sum_trip_duration);
  }
  return sums;
}

/** An index with one measure copied to a field too small for some values. */
async function makeRefusing(node: OpensearchNode): Promise<void> {
  const [, query] = TAXI.queries;
  if (query === undefined) throw new RangeError("no query");
  const { mappingOf } = planIndices(TAXI, opensearchSettings([]));
  const mappings = mappingOf(query);
  const properties = {
    ...mappings.properties,
    sum_trip_duration: { type: "double", copy_to: ["small"] },
    small: { type: "byte" },
  };
  const { status, json } = await node.call("PUT", `/${PREFIX}-trip_duration`, {
    mappings: { ...mappings, properties },
  });
  if (status !== 200) throw new Error(JSON.stringify(json));
}

/** Adds the test to a suite. */
export function testRunningRun(t: Test, node: OpensearchNode): void {
  t.test("a run under way answers from the cluster it writes to", async (t) => {
    const folder = t.testdir({ "ca.pem": AUTHORITY_PEM });
    const path = (name: string) => join(folder, name);
    const [input, out, dead] = ["input", "out", "dead"].map(path) as [
      string,
      string,
      string,
    ];
    writeFileSync(input, orderedTrips({ lineCount: LINES, seed: 5 }).bytes);
    const kinesis = await LocalKinesis.start([
      ...["--stream", "taxi", "--shards", "2"],
    ]);
    t.teardown(() => kinesis.stop());
    const replayed = await flagdrop([
      ...["replay", "--source", `file:${input}`, "--speedup", "max"],
      ...["--stream", "taxi", "--endpoint", kinesis.endpoint],
    ]);
    t.equal(replayed.code, 0, replayed.stderr);

    const { name, password } = NODE_USERS.writer;
    const env = { FLAGDROP_OPENSEARCH_PASSWORD: password };
    const args = [
      ...["--sink", `opensearch:${node.url}`, "--sink", `ndjson:${out}`],
      ...["--opensearch-user", name, "--ca-file", path("ca.pem")],
      ...["--dead-letters", dead, "--checkpoint", path("state")],
    ];
    const store = new Page(kinesis, [
      ...["--sink", `duckdb:${path("store")}`],
      ...["--dead-letters", path("other")],
    ]);
    t.teardown(() => store.command.stop("SIGKILL"));
    await makeRefusing(node);
    const first = new Page(kinesis, args, env);
    t.teardown(() => first.command.stop("SIGKILL"));
    const expected = await store.settled(LINES / 2);
    const status = await first.settled(LINES / 2);
    t.equal(status.counts.read, expected.counts.read);
    t.equal(status.documentsFired, expected.documentsFired);
    // What is written can be searched within a second, or now.
    await node.call("POST", `/${PREFIX}-*/_refresh`);

    const documents = linesOf<Line>(out);
    const times = documents.map(({ timestamp }) => timestamp);
    const range = [
      Math.min(...times) + 1 - STEP_MS,
      Math.max(...times) + 1,
    ] as const;
    const answers = await pickupAnswers(store, range);
    t.ok(JSON.stringify(answers).length > 5_000);
    t.strictSame(await pickupAnswers(first, range), answers);
    const pickups = documents.filter(({ query }) => query === "pickup_count");
    const { lines } = await first.json<{ lines: { counts: number[] }[] }>(
      `/api/results/series?query=pickup_count&from=${range[0]}&to=${range[1]}&step=${STEP_MS}`,
    );
    t.equal(
      sum(lines.flatMap(({ counts }) => counts)),
      sum(pickups.map(({ pickup_count: n }) => Number(n))),
    );

    const trips = documents.filter(({ query }) => query === "trip_duration");
    const refused = trips.filter(
      ({ sum_trip_duration: minutes }) => Number(minutes) > BYTE_MAX,
    );
    t.ok(refused.length > 0 && refused.length < trips.length);
    const taken = sumsOf(trips.filter((one) => !refused.includes(one)));
    t.strictSame(await tripSums(first, range), taken);
    const letters = linesOf<{ shard: string; sequence: string }>(dead);
    t.strictSame(
      letters
        .filter(({ shard }) => shard === `opensearch:${node.url}`)
        .map(({ sequence }) => sequence)
        .sort(),
      refused.map(({ _id }) => _id).sort(),
    );
    await agree(t, first, [refused.length, letters.length]);
    const index = `${PREFIX}-trip_duration`;
    t.equal(await node.count(index), trips.length - refused.length);
    t.equal(await node.count(`${PREFIX}-pickup_count`), pickups.length);

    const stopped = await first.command.stop();
    t.equal(stopped.code, 0, stopped.stderr);
    // What it answers now, it has from the cluster.
    const second = new Page(kinesis, args, env);
    t.teardown(() => second.command.stop("SIGKILL"));
    await second.settled(LINES / 2);
    t.strictSame(await pickupAnswers(second, range), answers);
    t.strictSame(await tripSums(second, range), taken);
    await agree(t, second, [refused.length, letters.length]);
    const said = [
      first.command.output,
      second.command.output,
      await second.text("/api/status"),
      await second.text("/metrics"),
      JSON.stringify(letters),
    ].join("\n");
    t.notOk(said.includes(password), "no password");
    const pair = Buffer.from(`${name}:${password}`).toString("base64");
    t.notOk(said.includes(pair), "nor what is sent of it");
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whether status and metrics tell as many as the file of letters has. */
async function agree(
  t: Test,
  page: Page,
  [refused, letters]: readonly [number, number],
): Promise<void> {
  const { sinks, deadLetters } = await page.json<Status>("/api/status");
  t.equal(sinks[0]?.refused, refused, "status");
  t.equal(deadLetters, letters);
  const metrics = await page.text("/metrics");
  const value = (start: string) =>
    metrics
      .split("\n")
      .find((line) => line.startsWith(start))
      ?.split(" ")
      .at(-1);
  const sample = `{sink="${sinks[0]?.name}"}`;
  t.equal(
    value(`flagdrop_sink_refused_documents_total${sample}`),
    String(refused),
  );
  t.equal(value(`flagdrop_sink_in_trouble${sample}`), "0");
  t.equal(value("flagdrop_dead_letters_total"), String(letters));
}

/**
 * Goal: everything that is rescaled while it runs may be rescaled while it
 * runs: shards 8 to 32, the OpenSearch node, worker threads, the process. The
 * documents in the end are the judge's, and the longest time without output is
 * printed for each step. Method: local parts alone: the local Kinesis, a node
 * from Maven Central, a replay that goes on all the while. Not a part of
 * `npm test`, as it fetches the node.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { freePort, RunningCommand, until } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { Resharding } from "../e2e/resharding.ts";
import { ndjsonDocuments } from "../e2e/run_output.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { documentDifferences } from "../judge/document.ts";
import { Judge } from "../judge/judge.ts";
import { OpensearchNode } from "../real_opensearch/opensearch_node.ts";

t.setTimeout(600_000);

const LINE_COUNT = 200_000;
/** A window of ten minutes fires every three seconds. */
const SPEEDUP = 200;
const LOOK_MS = 50;
/** How long nothing is changed, for comparison. */
const QUIET_MS = 6_000;

const rest = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Watches a run's output, whichever process it is. */
class OutputWatch {
  readonly port: number;
  #lastChange = performance.now();
  #longestMs = 0;
  #documents = -1;
  #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.port = port;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  async status(): Promise<EngineStatus | undefined> {
    try {
      const answer = await request(`http://127.0.0.1:${this.port}/api/status`);
      return (await answer.body.json()) as EngineStatus;
    } catch {
      return undefined;
    }
  }

  async #look(): Promise<void> {
    const sinks = (await this.status())?.sinks;
    const documents = sinks?.[0]?.documents;
    const nowMs = performance.now();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastChange);
    if (documents === undefined || documents === this.#documents) return;
    this.#documents = documents;
    this.#lastChange = nowMs;
  }

  /**
   * Runs a step; the longest time without a document while it ran, and until
   * the first one after it.
   *
   * @param isOver Whether no more will come.
   */
  async during(
    step: () => Promise<void>,
    isOver: () => boolean,
  ): Promise<number> {
    this.#longestMs = 0;
    await step();
    const endMs = performance.now();
    while (this.#lastChange < endMs && !isOver()) await rest(LOOK_MS);
    return Math.round(this.#longestMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

t.test("rescaled while it runs, the documents are the same", async (t) => {
  const folder = t.testdir();
  const path = (name: string) => join(folder, name);
  const { bytes } = orderedTrips({ lineCount: LINE_COUNT, seed: 11 });
  writeFileSync(path("trips.jsonl"), bytes);
  const judge = await Judge.ofLines(bytes);
  t.teardown(() => judge.close());
  const node = await OpensearchNode.create(t);
  await node.start();
  const kinesis = await LocalKinesis.start();
  t.teardown(() => kinesis.stop());
  await kinesis.createStream("taxi", 8);
  const port = await freePort();
  const address = ["--stream", "taxi", "--endpoint", kinesis.endpoint];
  const start = (workers: number, more: readonly string[] = []) =>
    new RunningCommand(
      [
        ...["run", ...address, "--from", "earliest"],
        ...["--sink", `opensearch:${node.url}`, "--opensearch-auth", "none"],
        ...["--sink", `ndjson:${path("out.ndjson")}`],
        ...["--checkpoint", path("checkpoints"), "--workers", String(workers)],
        ...["--workers-max", "4", "--checkpoint-interval", "1s"],
        ...["--dead-letters", path("dead.ndjson")],
        ...["--status-port", String(port), ...more],
      ],
      { timeoutMs: 500_000 },
    );
  let engine = start(1);
  const watch = new OutputWatch(port);
  t.teardown(() => watch.close());
  await until("it runs", async () => {
    if (engine.hasEnded) throw new Error(engine.output);
    return (await watch.status()) !== undefined;
  });
  const replay = new RunningCommand(
    [
      ...["replay", "--source", `file:${path("trips.jsonl")}`, ...address],
      ...["--speedup", String(SPEEDUP), "--watermark-interval", "200ms"],
      "--no-pacing",
    ],
    { timeoutMs: 500_000 },
  );
  const written = async () => (await watch.status())?.sinks[0]?.documents ?? 0;
  await until("documents come", async () => (await written()) > 0);

  const resharding = new Resharding(kinesis, "taxi");
  const steps: readonly (readonly [string, () => Promise<void>])[] = [
    ["nothing changed", async () => rest(QUIET_MS)],
    [
      "8 to 32 shards",
      async () => {
        await resharding.scale(16);
        await resharding.scale(32);
      },
    ],
    [
      "1 to 2 workers",
      async () => {
        const answer = await request(`http://127.0.0.1:${port}/api/workers`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-flagdrop-action": "1",
          },
          body: '{"count": 2}',
        });
        t.equal(answer.statusCode, 200, await answer.body.text());
      },
    ],
    [
      "process replaced",
      async () => {
        t.equal((await engine.stop()).code, 0);
        engine = start(2);
        await until("it is back", async () => {
          if (engine.hasEnded) throw new Error(engine.output);
          return (await watch.status()) !== undefined;
        });
      },
    ],
    // Last: a node takes from ten seconds to more than a minute to start.
    [
      "OpenSearch restarted",
      async () => {
        await node.stop();
        await node.start();
      },
    ],
  ];
  for (const [name, step] of steps) {
    const isUnderLoad = !replay.hasEnded;
    const longestMs = await watch.during(step, () => replay.hasEnded);
    const isKnown = isUnderLoad && !replay.hasEnded;
    t.comment(
      `${name}: ${isKnown ? `${longestMs} ms without output` : "not known, as the replay had ended"}`,
    );
  }
  const replayed = await replay.finished();
  t.equal(replayed.code, 0, replayed.stderr);
  t.equal((await engine.stop()).code, 0);
  const finished = await start(2, ["--until-end"]).finished();
  t.equal(finished.code, 0, finished.stderr);
  t.equal((await resharding.openShards()).length, 32);

  const expected = await judge.documents("nyc");
  t.ok(expected.size > 100, `${expected.size} documents`);
  const documents = ndjsonDocuments(path("out.ndjson"));
  t.strictSame(documentDifferences(documents, expected), []);
  const indexed = await node.documents("taxi-dashboard-*");
  t.strictSame([...indexed.keys()].sort(), [...expected.keys()].sort());
});

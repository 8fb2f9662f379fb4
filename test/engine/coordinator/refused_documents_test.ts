/**
 * Goal: dead letters, status and metrics tell the same documents that a
 * cluster refused, to the item, also after a restart; a trouble is seen while
 * it lasts. Method: the coordinator's heart with the real sink on a cluster in
 * memory, and a real file of letters.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { Merger } from "../../../engine/coordinator/merger.ts";
import { DeadLetterFile } from "../../../engine/sink/dead_letters.ts";
import { OpensearchSink } from "../../../engine/sink/opensearch/opensearch_sink.ts";
import { Metrics } from "../../../engine/status/metrics.ts";
import { MemoryCluster } from "../../helpers/memory_cluster.ts";
import { opensearchSettings } from "../../helpers/opensearch_settings.ts";
import { counted, flushed, PLAN, WINDOW_MS } from "../../helpers/taxi.ts";
import { JumpingClock } from "../kinesis/jumping_clock.ts";
import { sampleStatus } from "../status/sample_status.ts";

type MergerState = Parameters<Merger["restore"]>[0];

/** What a run is of which only these parts matter. */
async function started(
  cluster: MemoryCluster,
  file: string,
  state?: MergerState,
) {
  const errors: unknown[] = [];
  const settings = opensearchSettings(["http://a:9200"]);
  const clock = new JumpingClock();
  const sink = new OpensearchSink({
    ...{ plan: PLAN, settings, clock, transport: cluster },
    random: () => 0.5,
    ...(state !== undefined && { firedMs: state.watermarkMs }),
  });
  await sink.open();
  const resumeAtBytes = state?.deadLetters.lengthBytes;
  const merger = new Merger({
    plan: PLAN,
    clock: systemClock,
    sinks: [sink],
    deadLetters: await DeadLetterFile.open(file, { resumeAtBytes }),
    onRoom: () => {},
    onError: (error) => errors.push(error),
    onFireDelay: () => {},
  });
  if (state !== undefined) merger.restore(state);
  const metrics = async (name: string) => {
    const status = sampleStatus(merger.status());
    const text = await new Metrics().text(status);
    const line = text.split("\n").find((one) => one.startsWith(name));
    return Number(line?.split(" ").at(-1));
  };
  /** Fires a window with so many keys, the first of which has a record dead. */
  const fire = async (at: number, keys: number) => {
    const start = at * WINDOW_MS;
    merger.apply({
      counts: [{ ...counted(keys), dead: 1 }],
      tallies: flushed(
        Array.from({ length: keys }, (_, i) => [0, start, 1_000 + i, 2 + i]),
      ),
      deadLetters: [
        {
          ...{ shardId: "s", sequenceNumber: `${at}`, subSequenceNumber: 0 },
          ...{ reason: "not_json", bytes: Buffer.from("x") },
        },
      ],
    });
    merger.advanceTo(start + WINDOW_MS, 0);
    await merger.drained();
    t.strictSame(errors, []);
  };
  return { sink, merger, metrics, fire };
}

function linesOf(file: string) {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as { shard: string });
}

/** Every third document is never taken. */
function isRefused(count: unknown): boolean {
  return Number(count) % 3 === 0;
}

const REFUSE = {
  type: "items",
  error: ({ source }: { source: Readonly<Record<string, unknown>> }) =>
    isRefused(source["pickup_count"])
      ? { status: 400, type: "mapper_parsing_exception", reason: "bad" }
      : undefined,
} as const;

t.test("letters, status and metrics agree, also after a restart", async (t) => {
  const file = join(t.testdir(), "dead");
  const cluster = new MemoryCluster();
  cluster.script = (_, items) => (items.length > 0 ? REFUSE : undefined);
  const agree = async (
    { merger, metrics }: Awaited<ReturnType<typeof started>>,
    refused: number,
    records: number,
  ) => {
    const letters = linesOf(file);
    const ofDocuments = letters.filter(({ shard }) =>
      shard.startsWith("opensearch:"),
    );
    t.equal(ofDocuments.length, refused);
    t.equal(letters.length, refused + records);
    const { sinks, deadLetters } = merger.status();
    t.equal(sinks[0]?.refused, refused);
    t.equal(deadLetters, letters.length);
    const name = "flagdrop_sink_refused_documents_total{";
    t.equal(await metrics(name), refused);
    t.equal(await metrics("flagdrop_dead_letters_total"), letters.length);
  };
  const first = await started(cluster, file);
  await first.fire(0, 10);
  await agree(first, 3, 1);
  const { taken } = await first.merger.snapshot((state) => state);
  // Told after the checkpoint, so told again by whoever goes on from there.
  await first.fire(1, 10);
  await agree(first, 6, 2);
  await first.merger.close();

  const second = await started(cluster, file, taken);
  await agree(second, 3, 1);
  await second.fire(1, 10);
  await agree(second, 6, 2);
  await second.merger.close();
});

t.test("what is refused is not among the live results", async (t) => {
  const cluster = new MemoryCluster();
  cluster.script = (_, items) => (items.length > 0 ? REFUSE : undefined);
  const { fire, sink, merger } = await started(
    cluster,
    join(t.testdir(), "dead"),
  );
  await fire(0, 10);
  const answer = await sink.results.cells({
    query: "pickup_count",
    range: { fromMs: 0, toMs: WINDOW_MS },
    precision: 6,
  });
  const counts = [...cluster.documents.values()].map(({ source }) =>
    Number(source["pickup_count"]),
  );
  t.equal(counts.length, 7);
  t.strictSame([...answer.counts].sort(), counts.sort());
  await merger.close();
});

t.test("a trouble is 1 while it lasts, then 0", async (t) => {
  const cluster = new MemoryCluster();
  const run = await started(cluster, join(t.testdir(), "dead"));
  const inTrouble = () => run.metrics("flagdrop_sink_in_trouble{");
  t.equal(await inTrouble(), 0);
  let attempts = 0;
  const seen: Promise<number>[] = [];
  cluster.script = (_, items) => {
    if (items.length === 0) return undefined;
    if (attempts++ > 0) seen.push(inTrouble());
    return attempts > 3 ? undefined : { type: "answer", status: 503 };
  };
  await run.fire(0, 5);
  t.strictSame(await Promise.all(seen), [1, 1, 1]);
  t.equal(await inTrouble(), 0);
  t.equal(run.merger.status().sinks[0]?.trouble, null);
  t.equal(cluster.documents.size, 5);
  await run.merger.close();
});

/**
 * Goal: a process stays as large as it was while it must wait: for a sink that
 * stands still for a minute, and for one of eight shards that is a day behind
 * the others. Then it catches up, and nothing is missing. Method: `flagdrop run`
 * on the local Kinesis; its memory is what Linux says of the process.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { request } from "undici";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import type { EngineStatus } from "../../engine/status/status.ts";
import { MemoryCluster } from "../helpers/memory_cluster.ts";
import { serveCluster } from "../helpers/serve_cluster.ts";
import { documentDifferences } from "../judge/document.ts";
import { flagdrop, freePort, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis, type ShardRecord } from "./local_kinesis.ts";
import { ndjsonDocuments, summary, unaccounted } from "./run_output.ts";

const SHARDS = 8;
const STREAM = "taxi";
const START_MS = Date.UTC(2016, 0, 1);
const HOUR_MS = 3_600_000;
const STILL_MS = 60_000;
/** Much less than an hour's answers would be, more than garbage varies by. */
const GROWTH_MB_MAX = 40;

const watermark = (shardIndex: number, epochMs: number): ShardRecord => ({
  shardIndex,
  data: Buffer.from(
    JSON.stringify({
      type: "watermark",
      watermark: new Date(epochMs).toISOString(),
    }),
  ),
});

/** A trip somewhere in the city, to a shard. */
function trip(shardIndex: number, i: number, dropoffMs: number): ShardRecord {
  const data = Buffer.from(
    JSON.stringify({
      type: "trip",
      pickup_lat: 40.64 + (i % 97) * 0.002,
      pickup_lon: -74.0 + (i % 89) * 0.002,
      dropoff_lat: i % 3 === 0 ? 40.6467 : 40.75,
      dropoff_lon: i % 3 === 0 ? -73.7898 : -73.98,
      pickup_datetime: new Date(dropoffMs - 600_000).toISOString(),
      dropoff_datetime: new Date(dropoffMs).toISOString(),
    }),
  );
  return { shardIndex, data };
}

/** A job of which every trip is four documents, so that a sink has much to do. */
function busyJob(): object {
  const job = taxiJob(taxiZones("nyc"));
  const [first] = job.queries;
  const queries = [6, 7, 8, 9].map((precision) => ({
    ...first,
    name: `pickup_count_${precision}`,
    windowMs: 60_000,
    leastCount: 1,
    key: [{ as: "location", geohash: "pickup", precision }],
  }));
  return { ...job, queries };
}

interface RigOptions {
  readonly folder: string;
  readonly port: number;
  readonly args: readonly string[];
  /** Options that say which job. */
  readonly job: readonly string[];
}

/** An engine on the local Kinesis, and what it weighs. */
class Rig {
  readonly kinesis: LocalKinesis;
  readonly folder: string;
  readonly out: string;
  readonly summaryPath: string;
  readonly engine: RunningCommand;
  readonly #port: number;

  readonly #job: readonly string[];

  constructor(kinesis: LocalKinesis, { folder, port, args, job }: RigOptions) {
    this.kinesis = kinesis;
    this.folder = folder;
    this.#job = job;
    this.#port = port;
    this.out = join(folder, "out.ndjson");
    this.summaryPath = join(folder, "summary.json");
    this.engine = new RunningCommand(
      [
        ...["run", "--stream", STREAM, "--endpoint", kinesis.endpoint],
        ...["--from", "earliest", "--workers", "2", "--sink"],
        ...[`ndjson:${this.out}`, "--summary", this.summaryPath],
        ...["--status-port", String(port), ...args, ...job],
      ],
      { timeoutMs: 400_000 },
    );
  }

  async status(): Promise<EngineStatus> {
    const url = `http://127.0.0.1:${this.#port}/api/status`;
    const { body } = await request(url);
    return (await body.json()) as EngineStatus;
  }

  /** Waits until it can be asked, and for more than that. */
  async statusUntil(
    what: string,
    holds: (status: EngineStatus) => boolean,
  ): Promise<EngineStatus> {
    let found: EngineStatus | undefined;
    await until(
      what,
      async () => {
        if (this.engine.hasEnded) throw new Error(this.engine.output);
        found = await this.status().catch(() => undefined);
        return found !== undefined && holds(found);
      },
      120_000,
    );
    return found!;
  }

  get memoryMb(): number {
    const text = readFileSync(`/proc/${this.engine.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) / 1024;
  }

  /** The documents of a run that nothing disturbed. */
  async undisturbed(): Promise<ReturnType<typeof ndjsonDocuments>> {
    const path = join(this.folder, "undisturbed.ndjson");
    const { code, stderr } = await flagdrop([
      ...["run", "--stream", STREAM, "--endpoint", this.kinesis.endpoint],
      ...["--from", "earliest", "--until-end", "--sink", `ndjson:${path}`],
      ...["--status-port", "0", ...this.#job],
    ]);
    if (code !== 0) throw new Error(stderr);
    return ndjsonDocuments(path);
  }
}

async function startRig(
  t: Test,
  args: readonly string[],
  job: readonly string[] = [],
): Promise<Rig> {
  const kinesis = await LocalKinesis.start([
    ...["--stream", STREAM, "--shards", String(SHARDS)],
  ]);
  t.teardown(() => kinesis.stop());
  const port = await freePort();
  const rig = new Rig(kinesis, { folder: t.testdirName, port, args, job });
  t.teardown(() => rig.engine.stop("SIGKILL"));
  await rig.statusUntil("the engine answers", () => true);
  return rig;
}

const behindMs = ({ shards }: EngineStatus) =>
  Math.max(...shards.map((shard) => shard.behindLatestMs));

t.test(
  "a sink that stands still for a minute",
  { timeout: 400_000 },
  async (t) => {
    const job = join(t.testdir(), "job.json");
    writeFileSync(job, JSON.stringify(busyJob()));
    const cluster = new MemoryCluster();
    let gate = Promise.resolve();
    const url = await serveCluster(t, {
      async send(...request) {
        await gate;
        return await cluster.send(...request);
      },
      close: () => Promise.resolve(),
    });
    const sink = ["--sink", `opensearch:${url}`, "--opensearch-auth", "none"];
    const rig = await startRig(t, sink, ["--job", job]);
    let hours = 0;
    let isPutting = true;
    let pauseMs = 100;
    /** An hour of event time after the other, for as long as it is let. */
    const putting = (async () => {
      while (isPutting) {
        const fromMs = START_MS + hours * HOUR_MS;
        const records = Array.from({ length: 3_000 }, (_, i) =>
          trip(i % SHARDS, i * 7 + hours, fromMs + i * 1_200),
        );
        hours++;
        for (let shard = 0; shard < SHARDS; shard++) {
          records.push(watermark(shard, START_MS + hours * HOUR_MS - 1));
        }
        await rig.kinesis.put(STREAM, records);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    })();
    await rig.statusUntil("it is under way", ({ counts }) => {
      return counts.read > 60_000;
    });

    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    await rig.statusUntil("flushes wait for the sink", ({ backpressure }) =>
      String(backpressure.from).startsWith("opensearch"),
    );
    pauseMs = 2_000;
    const before = rig.memoryMb;
    const stoodFrom = performance.now();
    const sizes: number[] = [];
    const lags: number[] = [];
    while (performance.now() - stoodFrom < STILL_MS) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      sizes.push(rig.memoryMb);
      lags.push(behindMs(await rig.status()));
    }
    const most = Math.max(...sizes);
    t.comment(
      `${before.toFixed(0)} MB when it began to wait, ${Math.min(...sizes).toFixed(0)} to ${most.toFixed(0)} MB while the sink stood still; lag ${lags.at(-1)} ms`,
    );
    t.ok(most - before < GROWTH_MB_MAX, `${before} to ${most} MB`);
    t.ok((lags.at(-1) ?? 0) > 0.8 * STILL_MS, `lag of ${lags.at(-1)} ms`);

    open();
    isPutting = false;
    await putting;
    await rig.statusUntil("it has caught up", (status) => {
      const done = START_MS + hours * HOUR_MS - 1;
      return behindMs(status) === 0 && status.watermarkMs === done;
    });
    const { code, stderr } = await rig.engine.stop();
    t.equal(code, 0, stderr);
    t.equal(unaccounted(summary(rig.summaryPath).counts), "");
    const documents = ndjsonDocuments(rig.out);
    t.equal(cluster.documents.size, documents.size);
    t.strictSame(documentDifferences(documents, await rig.undisturbed()), []);
  },
);

t.test(
  "one shard of eight, a day behind the others",
  { timeout: 400_000 },
  async (t) => {
    t.testdir();
    const rig = await startRig(t, []);
    // It has begun, so it is no idle one: everybody waits for it.
    await rig.kinesis.put(STREAM, [watermark(0, START_MS)]);
    const sizes: number[] = [];
    for (let hour = 0; hour < 24; hour++) {
      const records = Array.from({ length: 5_000 }, (_, i) =>
        trip(1 + (i % 7), i * 11 + hour, START_MS + hour * HOUR_MS + i * 700),
      );
      for (let shard = 1; shard < SHARDS; shard++) {
        records.push(watermark(shard, START_MS + (hour + 1) * HOUR_MS - 1));
      }
      await rig.kinesis.put(STREAM, records);
      const put = (hour + 1) * 5_000;
      await rig.statusUntil("an hour is read", ({ counts }) => {
        return counts.tallied + counts.late >= put;
      });
      sizes.push(rig.memoryMb);
    }
    const waiting = await rig.status();
    t.equal(waiting.watermarkMs, START_MS, "it is held back");
    t.ok(waiting.keysOpen > 50_000, `${waiting.keysOpen} keys open`);
    const first = sizes[3]!;
    const most = Math.max(...sizes.slice(3));
    t.comment(
      `${first.toFixed(0)} MB after 4 hours, at most ${most.toFixed(0)} MB up to 24, ${waiting.keysOpen} keys open`,
    );
    t.ok(most - first < GROWTH_MB_MAX, `${first} to ${most} MB`);

    const behind: ShardRecord[] = [];
    for (let hour = 0; hour < 24; hour++) {
      for (let i = 0; i < 700; i++) {
        behind.push(trip(0, i * 13, START_MS + hour * HOUR_MS + i * 5_000));
      }
      behind.push(watermark(0, START_MS + (hour + 1) * HOUR_MS - 1));
    }
    await rig.kinesis.put(STREAM, behind);
    await rig.statusUntil("it has caught up", ({ watermarkMs }) => {
      return watermarkMs === START_MS + 24 * HOUR_MS - 1;
    });
    const { code, stderr } = await rig.engine.stop();
    t.equal(code, 0, stderr);
    const { counts } = summary(rig.summaryPath);
    t.equal(counts.late, 0);
    t.equal(counts.tallied, 24 * 5_700);
    t.equal(unaccounted(counts), "");
    const documents = ndjsonDocuments(rig.out);
    t.strictSame(documentDifferences(documents, await rig.undisturbed()), []);
  },
);

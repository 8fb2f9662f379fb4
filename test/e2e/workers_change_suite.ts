/**
 * Goal: documents don't depend on the number of workers, though it changes
 * while the engine runs. Method: `flagdrop run` on the local Kinesis while
 * trips keep coming, 1 worker, then 4 by HTTP, then 2 by SIGHUP; the documents
 * are those of an undisturbed run over the same stream.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { flagdrop, freePort, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis, type ShardRecord } from "./local_kinesis.ts";

const SHARDS = 8;
const BATCH = 4_000;
const START_MS = Date.UTC(2016, 0, 1);
const END_MS = START_MS + 30 * 86_400_000;

/** Trips a second apart, spread over the shards, and a watermark in each. */
function records(from: number): ShardRecord[] {
  const list: ShardRecord[] = [];
  for (let i = from; i < from + BATCH; i++) {
    const dropoffMs = START_MS + i * 1_000;
    const trip = {
      type: "trip",
      pickup_lat: 40.7 + (i % 13) * 0.01,
      pickup_lon: -73.99 + (i % 7) * 0.01,
      dropoff_lat: i % 3 === 0 ? 40.6467 : 40.75,
      dropoff_lon: i % 3 === 0 ? -73.7898 : -73.98,
      pickup_datetime: new Date(dropoffMs - (i % 90) * 30_000).toISOString(),
      dropoff_datetime: new Date(dropoffMs).toISOString(),
    };
    const data = Buffer.from(JSON.stringify(trip));
    // Shard 0 gets half of all, so that there is something to even out.
    const shardIndex = i % 2 === 0 ? 0 : i % SHARDS;
    list.push({ shardIndex, data });
  }
  return [...list, ...watermarks(START_MS + (from + BATCH) * 1_000 - 1)];
}

function watermarks(epochMs: number): ShardRecord[] {
  const watermark = new Date(epochMs).toISOString();
  const data = Buffer.from(JSON.stringify({ type: "watermark", watermark }));
  return Array.from({ length: SHARDS }, (_, shardIndex) => ({
    shardIndex,
    data,
  }));
}

const documentsOf = (path: string) =>
  readFileSync(path, "utf8").trimEnd().split("\n").sort();

t.test(
  "flagdrop run gives the same documents while workers come and go",
  { timeout: 300_000 },
  async (t) => {
    const kinesis = await LocalKinesis.start([
      ...["--stream", "taxi", "--shards", String(SHARDS)],
    ]);
    t.teardown(() => kinesis.stop());
    const folder = t.testdir();
    const path = (name: string) => join(folder, name);
    const port = await freePort();
    const source = ["--stream", "taxi", "--endpoint", kinesis.endpoint];
    writeFileSync(path("config.json"), '{"workers": 1}');
    const running = new RunningCommand(
      [
        ...["run", ...source, "--from", "earliest"],
        ...["--config", path("config.json"), "--workers-max", "4"],
        ...["--sink", `ndjson:${path("live.ndjson")}`],
        ...["--status-port", String(port), "--reads-per-second", "50"],
        ...["--dead-letters", path("dead.ndjson")],
      ],
      { timeoutMs: 280_000 },
    );
    const status = async (): Promise<EngineStatus> => {
      const answer = await request(`http://127.0.0.1:${port}/api/status`);
      return (await answer.body.json()) as EngineStatus;
    };
    const isUp = async () => {
      if (running.hasEnded) throw new Error(running.output);
      return await status().then(
        () => true,
        () => false,
      );
    };
    await until("the engine runs", isUp);
    let put = 0;
    const putBatch = async () => {
      await kinesis.put("taxi", records(put));
      put += BATCH;
    };
    const have = (count: number) => async () => {
      await putBatch();
      const { workers, shards } = await status();
      const up = workers.filter(({ state }) => state === "running");
      const owners = new Set(shards.map(({ worker }) => worker));
      return up.length === count && owners.size === count;
    };
    await until("one worker reads", have(1));
    const answer = await request(`http://127.0.0.1:${port}/api/workers`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-flagdrop-action": "1" },
      body: '{"count": 4}',
    });
    t.equal(answer.statusCode, 200, await answer.body.text());
    await until("four workers read", have(4));
    const { moves } = await status();
    t.ok(moves.count >= 3, `${moves.count} moves`);
    writeFileSync(path("config.json"), '{"workers": 2}');
    running.signal("SIGHUP");
    await until("two workers read", have(2));
    await putBatch();
    await kinesis.put("taxi", watermarks(END_MS));
    await until("all is read and fired", async () => {
      const { watermarkMs, sinks } = await status();
      return watermarkMs === END_MS && sinks[0]?.pendingDocuments === 0;
    });
    const last = await status();
    t.equal(
      last.counts.read,
      last.counts.tallied + last.counts.watermarksTaken,
    );
    t.equal(last.counts.tallied, put, "no trip is lost or counted twice");
    t.same(
      last.workers.map(({ restarts }) => restarts),
      [0, 0, 0, 0],
    );
    t.equal((await running.stop()).code, 0);

    const finished = await flagdrop([
      ...["run", ...source, "--from", "earliest", "--until-end"],
      ...["--workers", "2", "--sink", `ndjson:${path("whole.ndjson")}`],
      ...["--dead-letters", path("dead.ndjson"), "--status-port", "0"],
    ]);
    t.equal(finished.code, 0, finished.stderr);
    const expected = documentsOf(path("whole.ndjson"));
    t.ok(expected.length > 500, `${expected.length} documents`);
    t.strictSame(documentsOf(path("live.ndjson")), expected);
  },
);

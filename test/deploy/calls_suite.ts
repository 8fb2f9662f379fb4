/**
 * Goal: `recorded_calls.json`, which the policies are tested against, is what
 * engine, doctor and replay really call. Method: each is run against the local
 * Kinesis, an S3 and a cluster in memory, all behind ports that listen in.
 * Enhanced fan-out speaks HTTP/2, whose headers can't be read on the way: that
 * it subscribes is seen by how the shards are read.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { flagdrop, freePort, RunningCommand, until } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { MemoryCluster } from "../helpers/memory_cluster.ts";
import { MemoryS3 } from "../helpers/memory_s3.ts";
import { serveCluster } from "../helpers/serve_cluster.ts";
import { tapInFront } from "./tcp_tap.ts";
import { ROOT } from "./tools.ts";

t.setTimeout(300_000);

const RECORDED = JSON.parse(
  readFileSync(
    join(ROOT, "scripts/deploy/infrastructure/recorded_calls.json"),
    "utf8",
  ),
) as Readonly<Record<string, readonly string[]>>;

function kinesisCalls(said: string): string[] {
  return [...said.matchAll(/Kinesis_20131202\.(\w+)/g)].map(
    ([, name]) => `kinesis:${name}`,
  );
}

function lines(said: string): [method: string, path: string][] {
  const heads = said.matchAll(
    /\b(GET|PUT|POST|DELETE|HEAD) (\/\S*) HTTP\/1\.1/g,
  );
  return [...heads].map(([, method = "", path = ""]) => [method, path]);
}

function s3Calls(said: string): string[] {
  const names: Record<string, string> = {
    GET: "s3:GetObject",
    HEAD: "s3:GetObject",
    PUT: "s3:PutObject",
    DELETE: "s3:DeleteObject",
  };
  return lines(said).map(([method, path]) =>
    path.includes("list-type=") ? "s3:ListBucket" : (names[method] ?? method),
  );
}

function searchCalls(said: string): string[] {
  return lines(said).map(
    ([method]) =>
      `es:ESHttp${method.charAt(0)}${method.slice(1).toLowerCase()}`,
  );
}

/** Trips of one minute, as JSON lines. */
function tripLines(count: number): Buffer {
  const trip = JSON.stringify({
    type: "trip",
    pickup_lat: 40.75,
    pickup_lon: -73.98,
    dropoff_lat: 40.65,
    dropoff_lon: -73.78,
    pickup_datetime: "2016-01-01T00:00:00Z",
    dropoff_datetime: "2016-01-01T00:01:00Z",
  });
  return Buffer.from(`${trip}\n`.repeat(count));
}

const unique = (list: readonly string[]) => [...new Set(list)].sort();

t.test("what is called is what is recorded", async (t) => {
  const kinesis = await LocalKinesis.start([
    ...["--stream", "taxi", "--shards", "2"],
  ]);
  t.teardown(() => kinesis.stop());
  const s3 = await MemoryS3.start(t);
  const cluster = await serveCluster(t, new MemoryCluster());
  const stream = await tapInFront(t, kinesis.endpoint);
  const bucket = await tapInFront(t, s3.connection.endpoint ?? "");
  const search = await tapInFront(t, cluster);
  const folder = t.testdir();

  const sending = await tapInFront(t, kinesis.endpoint);
  const replay = await flagdrop([
    ...["replay", "--stream", "taxi", "--endpoint", sending.url],
    ...["--source", "generator", "--speedup", "max", "--limit", "20000"],
    ...["--aggregate", "--no-pacing"],
  ]);
  t.equal(replay.code, 0, replay.stderr);
  t.strictSame(
    unique(kinesisCalls(sending.said())),
    unique(RECORDED["replay"] ?? []),
  );

  s3.objects.set("trips/1.json", tripLines(50));
  s3.objects.set("trips/2.json", tripLines(50));
  const source = await tapInFront(t, s3.connection.endpoint ?? "");
  const recorded = await flagdrop([
    ...["replay", "--stream", "taxi", "--endpoint", kinesis.endpoint],
    ...["--source", `s3://${s3.bucket}/trips/`, "--s3-endpoint", source.url],
    ...["--speedup", "max", "--resume", join(folder, "replay.json")],
  ]);
  t.match(recorded.stdout, /\n100 events sent/, recorded.stderr);
  const asked = unique(s3Calls(source.said()));
  t.strictSame(asked, unique(RECORDED["replaySource"] ?? []));
  t.match(source.said(), /[?&]prefix=trips%2F&?/, "the policy asks for it");

  const options = [
    ...["--stream", "taxi", "--endpoint", stream.url],
    ...["--sink", `opensearch:${search.url}`, "--opensearch-auth", "none"],
    ...["--checkpoint", `s3://${s3.bucket}/taxi`, "--s3-endpoint", bucket.url],
    ...["--dead-letters", join(folder, "dead.ndjson")],
  ];
  const run = ["run", ...options, "--from", "earliest", "--workers", "1"];
  const first = await flagdrop([
    ...[...run, "--until-end", "--checkpoint-interval", "100ms"],
    ...["--status-port", "0"],
  ]);
  t.equal(first.code, 0, first.stderr);
  await flagdrop(["doctor", ...options, "--consumer", "flagdrop"]);
  const port = await freePort();
  const pushed = new RunningCommand([
    ...["run", "--stream", "taxi", "--endpoint", stream.url],
    ...["--from", "earliest", "--workers", "1", "--sink", "none"],
    ...["--dead-letters", join(folder, "dead2.ndjson")],
    ...["--consumer", "flagdrop", "--status-port", String(port)],
  ]);
  const subscribed: string[] = [];
  await until("the shards are pushed", async () => {
    if (pushed.hasEnded) throw new Error(pushed.output);
    const status = await request(`http://127.0.0.1:${port}/api/status`)
      .then(async ({ body }) => (await body.json()) as EngineStatus)
      .catch(() => undefined);
    const isPushed = status?.shards.some(
      ({ reading, records }) => reading === "fan_out" && records > 0,
    );
    if (isPushed === true) subscribed.push("kinesis:SubscribeToShard");
    return isPushed === true;
  });
  await pushed.stop();
  const called = unique([
    ...kinesisCalls(stream.said()),
    ...subscribed,
    ...s3Calls(bucket.said()),
    ...searchCalls(search.said()),
  ]);
  t.strictSame(called, unique(RECORDED["engine"] ?? []));
});

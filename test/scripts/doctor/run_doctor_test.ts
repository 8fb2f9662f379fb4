/**
 * Goal: the doctor passes what a run could use, and of each fault says what is
 * wrong and what to do. Method: the local Kinesis, an S3 and a cluster in
 * memory, and a scripted server that refuses what it is told to.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startLocalKinesis } from "../../../engine/local_kinesis/mod.ts";
import { MemoryS3 } from "../../helpers/memory_s3.ts";
import {
  refused,
  type Serve,
  startServer,
} from "../../workers/kinesis/scripted_server.ts";
import { runHere } from "../run_here.ts";

interface Report {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly check: string;
    readonly status: string;
    readonly detail: string;
    readonly fix: string;
  }[];
}

async function examined(argv: readonly string[]) {
  const outcome = await runHere(["doctor", "--json", ...argv]);
  const report = JSON.parse(outcome.stdout) as Report;
  const found = (check: string) =>
    report.findings.find((one) => one.check.startsWith(check));
  return { ...outcome, report, found };
}

async function kinesisOf(t: Test): Promise<string> {
  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount: 2 }],
  });
  t.teardown(() => kinesis.close());
  return kinesis.url;
}

/** Answers as a healthy stream of one shard does, but for some calls. */
async function streamThat(t: Test, serve: Serve): Promise<string> {
  const server = await startServer((request, response) => {
    const answer = serve(request, response);
    if (answer !== undefined) return answer;
    const body = {
      DescribeStreamSummary: {
        StreamDescriptionSummary: {
          StreamName: "taxi",
          StreamARN: "arn:aws:kinesis:us-east-1:111122223333:stream/taxi",
          StreamStatus: "ACTIVE",
          OpenShardCount: 1,
          RetentionPeriodHours: 24,
        },
      },
      ListShards: {
        Shards: [
          {
            ShardId: "shardId-000000000000",
            HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" },
            SequenceNumberRange: { StartingSequenceNumber: "1" },
          },
        ],
      },
      GetShardIterator: { ShardIterator: "iterator" },
      GetRecords: { Records: [], MillisBehindLatest: 0 },
    }[request.operation];
    return { body: JSON.stringify(body ?? {}) };
  });
  t.teardown(() => server.close());
  return server.endpoint;
}

/** A cluster as a real one answers the doctor; `bulkStatus` to its writing. */
async function clusterOf(t: Test, bulkStatus: number): Promise<string> {
  const server = await startServer(({ body }) => {
    const version = { distribution: "opensearch", number: "2.19.1" };
    if (body.length === 0) return { body: JSON.stringify({ version }) };
    const error = { type: "parse_exception", reason: "body is required" };
    return { status: bulkStatus, body: JSON.stringify({ error }) };
  });
  t.teardown(() => server.close());
  return server.endpoint;
}

const files = (folder: string) => [
  ...["--dead-letters", join(folder, "dead.ndjson")],
  ...["--sink", `ndjson:${join(folder, "out.ndjson")}`],
];

t.test("all is well: a line each, nothing left behind", async (t) => {
  const folder = t.testdir();
  const endpoint = await kinesisOf(t);
  const cluster = await clusterOf(t, 400);
  const argv = [
    ...["--stream", "taxi", "--endpoint", endpoint, ...files(folder)],
    ...["--sink", `opensearch:${cluster}`, "--opensearch-auth", "none"],
    ...["--checkpoint", join(folder, "checkpoints")],
  ];
  const { exitCode, report, stderr } = await examined(argv);
  t.equal(exitCode, 0, stderr);
  t.equal(stderr, "");
  t.equal(report.ok, true);
  const checks = report.findings
    .filter(({ status }) => status === "ok")
    .map(({ check }) => check.replace(/127.0.0.1:\d+/, "HOST"));
  t.strictSame(
    checks.filter((check) => !/open files/.test(check)),
    [
      "node",
      "job",
      "credentials",
      "clock",
      "stream",
      "permission kinesis:DescribeStreamSummary",
      "permission kinesis:ListShards",
      "permission kinesis:GetShardIterator",
      "permission kinesis:GetRecords",
      `sink ndjson:${join(folder, "out.ndjson")}`,
      "sink opensearch:http://HOST",
      "permission to write documents",
      "dead letters",
      "checkpoints",
    ],
  );
  t.strictSame(readdirSync(join(folder, "checkpoints")), []);
  t.notOk(existsSync(join(folder, "out.ndjson")));
  const text = await runHere(["doctor", ...argv]);
  t.match(text.stdout, /^ok {7}stream {2,}arn:\S+: 2 open shards, 24 h/m);
});

t.test("it takes a run's file, section and all", async (t) => {
  const folder = t.testdir();
  const file = join(folder, "flagdrop.json");
  writeFileSync(
    file,
    JSON.stringify({
      "log-level": "info",
      run: {
        stream: "taxi",
        endpoint: await kinesisOf(t),
        sink: ["none"],
        "dead-letters": join(folder, "dead.ndjson"),
        "checkpoint-interval": "5s",
        consumer: "flagdrop",
      },
    }),
  );
  const { exitCode, found, stderr } = await examined(["--config", file]);
  t.equal(exitCode, 0, stderr);
  t.match(found("consumer"), { status: "warning", detail: /not registered/ });
});

t.test("each call that is refused is named, with its resource", async (t) => {
  const folder = t.testdir();
  for (const denied of ["ListShards", "GetShardIterator", "GetRecords"]) {
    const endpoint = await streamThat(t, ({ operation }) =>
      operation === denied
        ? refused(400, "AccessDeniedException", "not authorized")
        : undefined,
    );
    const argv = ["--stream", "taxi", "--endpoint", endpoint];
    const { exitCode, found, stderr } = await examined([
      ...argv,
      ...files(folder),
    ]);
    t.equal(exitCode, 1);
    t.match(stderr, /^flagdrop doctor: Cannot start a run as 1 of \d+ checks/);
    t.match(stderr, /\(FD_CREDENTIALS\)\n$/);
    t.match(found(`permission kinesis:${denied}`), {
      status: "wrong",
      fix: `allow kinesis:${denied} on arn:aws:kinesis:us-east-1:111122223333:stream/taxi`,
    });
  }
});

t.test("a clock that is off is told before signatures fail", async (t) => {
  for (const [offsetMs, status, side] of [
    [-600_000, "wrong", "ahead of"],
    [400_000, "wrong", "behind"],
    [60_000, "warning", "behind"],
  ] as const) {
    const date = new Date(Date.now() + offsetMs).toUTCString();
    const endpoint = await streamThat(t, ({ operation }) =>
      operation === "" ? { status: 404, headers: { date } } : undefined,
    );
    const argv = ["--stream", "taxi", "--endpoint", endpoint];
    const { found } = await examined([...argv, ...files(t.testdir())]);
    t.match(found("clock"), {
      status,
      detail: new RegExp(`s ${side} the service`),
      fix: /chrony/,
    });
  }
});

t.test("no stream, no folder, no cluster, no bucket", async (t) => {
  const folder = t.testdir({ checkpoints: "a file" });
  const s3 = await MemoryS3.start(t);
  const endpoint = await kinesisOf(t);
  const base = ["--endpoint", endpoint, "--stream"];
  const missing = await examined([
    ...[...base, "none", "--sink", `duckdb:${join(folder, "no", "a.duckdb")}`],
    ...["--sink", "opensearch:http://127.0.0.1:9", "--opensearch-auth", "none"],
    ...["--dead-letters", join(folder, "dead.ndjson")],
    ...["--checkpoint", join(folder, "checkpoints")],
  ]);
  t.equal(missing.exitCode, 1);
  t.match(missing.found("stream"), {
    status: "wrong",
    detail: /Cannot find stream "none"/,
    fix: /create it, or check --stream/,
  });
  t.match(missing.found("sink duckdb"), { status: "wrong", fix: /create / });
  t.match(missing.found("sink opensearch"), {
    status: "wrong",
    detail: /no answer/,
  });
  t.match(missing.found("checkpoints"), {
    status: "wrong",
    detail: /Cannot .* checkpoint directory/,
  });
  t.match(missing.stderr, /checks failed \(stream, sink duckdb:/);

  const store = (bucket: string) => [
    ...[
      ...base,
      "taxi",
      "--checkpoint",
      `s3://${bucket}/taxi`,
      "--s3-endpoint",
    ],
    ...[s3.connection.endpoint ?? "", ...files(folder)],
  ];
  t.match((await examined(store("other"))).found("checkpoints"), {
    status: "wrong",
    detail: /other/,
  });
  const good = await examined(store(s3.bucket));
  t.equal(good.exitCode, 0, good.stderr);
  t.equal(s3.objects.size, 0, "the probe is gone");
});

t.test("a cluster that refuses writing says so", async (t) => {
  const url = await clusterOf(t, 403);
  const folder = t.testdir({ "in.jsonl": "" });
  const { exitCode, found } = await examined([
    ...["--source", `file:${join(folder, "in.jsonl")}`],
    ...["--sink", `opensearch:${url}`, "--opensearch-auth", "none"],
    ...["--dead-letters", join(folder, "dead.ndjson")],
  ]);
  t.equal(exitCode, 1);
  t.match(found("permission to write"), { status: "wrong", detail: /403/ });
});

t.test("a bad option is exit code 2", async (t) => {
  t.match(await runHere(["doctor"]), {
    exitCode: 2,
    stderr: /without a source/,
  });
});

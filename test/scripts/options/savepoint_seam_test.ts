import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Checkpoint } from "../../../engine/checkpoint/checkpoint.ts";
import { encodeCheckpoint } from "../../../engine/checkpoint/checkpoint_codec.ts";
import { openCheckpointStore } from "../../../engine/checkpoint/open_store.ts";
import { machineHost } from "../../../engine/coordinator/engine_host.ts";
import type { FlinkSource } from "../../../engine/flink/flink_sql_options.ts";
import { flinkSql } from "../../../engine/flink/translate.ts";
import { createLog } from "../../../engine/log.ts";
import { seamFrom, seamLine } from "../../../scripts/options/savepoint_seam.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { flushed, PLAN, SPEC } from "../../helpers/taxi.ts";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/taxi";
const START_MS = Date.UTC(2026, 0, 1);
const STREAM: FlinkSource = {
  type: "kinesis",
  streamArn: ARN,
  region: "eu-west-1",
  from: { type: "latest" },
};

function savepoint(number: number): Checkpoint {
  const sample = sampleCheckpoint(number);
  return {
    ...sample,
    takenAtMs: sample.takenAtMs + number,
    jobHash: PLAN.hash,
    source: { type: "kinesis", streamArn: ARN, creationTimeMs: 1 },
    input: { type: "kinesis", shards: [], dedupe: [] },
    merger: {
      ...sample.merger,
      watermarkMs: START_MS + number - 1,
      windows: flushed([[0, START_MS, 9, 4]]),
      windowArrivals: [
        { queryIndex: 0, windowStartMs: START_MS, arrivedFromMs: START_MS },
      ],
    },
  };
}

const s3 = async () => {
  throw new Error("not in S3");
};
const request = { spec: SPEC, source: STREAM, s3 };

t.test("Flink starts where a savepoint's windows begin", async (t) => {
  const place = join(t.testdir({}), "one.ckpt");
  writeFileSync(place, encodeCheckpoint(savepoint(1)));
  const applied = await seamFrom({ ...request, place });
  t.match(applied.source, {
    from: { type: "timestamp", ms: START_MS - 300_000 },
  });
  t.equal(applied.firedUpToMs, START_MS);
  t.equal(
    seamLine(applied),
    "reading from arrival 2025-12-31T23:55:00.000Z to rebuild 1 open windows; windows that end after 2026-01-01T00:00:00.001Z are emitted",
  );
  const { source, firedUpToMs } = applied;
  const { script } = flinkSql(SPEC, { source, firedUpToMs });
  t.match(script, /AT_TIMESTAMP/);
  t.match(script, /2025-12-31T23:55:00.000/);
  t.equal(script.split("WHERE window_end > ").length - 1, 2);
});

t.test("a store gives its newest, or the one that is named", async (t) => {
  const place = join(t.testdir({}), "store");
  mkdirSync(place);
  const store = await openCheckpointStore(place, {
    clock: machineHost.clock,
    random: machineHost.random,
    log: createLog({ level: "error", format: "text", output: process.stderr }),
    s3,
  });
  await store.saveNamed("before", savepoint(1));
  await store.save(savepoint(7));
  await store.close();
  const found = async (given: string) =>
    (await seamFrom({ ...request, place: given })).firedUpToMs;
  t.equal(await found(place), START_MS + 6);
  t.equal(await found(`${place}/before`), START_MS);
  await t.rejects(found(`${place}/none`), { code: "FD_OPTION" });
});

t.test("what Flink can't go on from is refused in one line", async (t) => {
  const place = join(t.testdir({}), "one.ckpt");
  const refused = async (given: Checkpoint, source: FlinkSource = STREAM) => {
    writeFileSync(place, encodeCheckpoint(given));
    await t.rejects(seamFrom({ ...request, place, source }), {
      code: "FD_STORE",
      message: /^Cannot go on from savepoint ".*" on Flink: .+: .+$/,
    });
  };
  const given = savepoint(1);
  await refused(given, { ...STREAM, streamArn: `${ARN}2` });
  await refused(given, { type: "files", path: "/trips" });
  await refused({ ...given, jobHash: "other" });
  await refused({ ...given, finished: true });
});

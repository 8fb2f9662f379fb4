/**
 * Checkpoints in an S3 that is not ours: moto's. Not a part of `npm test`, as
 * it installs Python packages; `.ci/run` calls it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { S3Objects } from "../../engine/checkpoint/s3_objects.ts";
import { flagdrop, RunningCommand, until } from "../e2e/flagdrop.ts";
import { testCredentialsSource } from "../helpers/credentials.ts";
import { objectStoreContract } from "../helpers/object_store_contract.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { startMoto } from "./moto_server.ts";

t.setTimeout(900_000);

const BUCKET = "checkpoints";
const endpoint = await startMoto(t, BUCKET);

t.test("S3Objects is a store in moto", async (t) => {
  let count = 0;
  await objectStoreContract(t, async () => {
    const address = { bucket: BUCKET, prefix: `contract/${count++}` };
    return async () => {
      const objects = await S3Objects.open(address, {
        region: "us-east-1",
        endpoint,
        credentials: testCredentialsSource(),
        caPem: "",
      });
      t.teardown(() => objects.close());
      return objects;
    };
  });
});

t.test("a run that is killed goes on from S3", async (t) => {
  const folder = t.testdir();
  const input = join(folder, "trips.jsonl");
  writeFileSync(input, orderedTrips({ lineCount: 400_000, seed: 1 }).bytes);
  const run = (output: string, more: readonly string[]) => [
    ...["run", "--source", `file:${input}`, "--workers", "1"],
    ...["--sink", `ndjson:${join(folder, output)}`, "--status-port", "0"],
    ...["--dead-letters", join(folder, `${output}.dead`), ...more],
  ];
  const whole = await flagdrop(run("whole.ndjson", []));
  t.equal(whole.code, 0, whole.stderr);

  const checkpoint = [
    ...["--checkpoint", `s3://${BUCKET}/run`, "--s3-endpoint", endpoint],
    ...["--checkpoint-interval", "50ms", "--log-level", "debug"],
  ];
  const killed = new RunningCommand(run("out.ndjson", checkpoint));
  await until("some checkpoints", () =>
    killed.output.includes("checkpoint number=3"),
  );
  const { signal } = await killed.stop("SIGKILL");
  t.equal(signal, "SIGKILL");
  const again = await flagdrop(run("out.ndjson", checkpoint));
  t.equal(again.code, 0, again.stderr);
  t.match(again.stderr, /going on from checkpoint/);
  t.ok(
    readFileSync(join(folder, "out.ndjson")).equals(
      readFileSync(join(folder, "whole.ndjson")),
    ),
    "the same file",
  );
  const third = await flagdrop(run("out.ndjson", checkpoint));
  t.equal(third.code, 0);
  t.match(third.stderr, /has finished: nothing is left to do/);
});

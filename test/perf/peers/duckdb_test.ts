/**
 * Goal: the peers do the same job, from the first round to the next, or their
 * times say nothing. Method: digests of the documents of two rounds, the
 * second of which closes windows that the first has left open. That the
 * engine's are the same `npm run perf -- --peers` checks in every run.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import t from "tap";
import { RoundFiles } from "../../../perf/memory/round_files.ts";
import { TripStream } from "../../../perf/memory/trip_stream.ts";
import { startDuckDb } from "../../../perf/peers/duckdb.ts";
import { startPlainNode } from "../../../perf/peers/plain_node.ts";

const STREAM = { trips: 10_000, shardCount: 2 };

t.test("DuckDB's documents are plain Node's, round by round", async (t) => {
  const duckDb = await startDuckDb({ ...STREAM, threads: 2 });
  const plain = await startPlainNode(STREAM);
  for (const round of [1, 2]) {
    const ours = await plain.round(true);
    const theirs = await duckDb.round(true);
    t.ok(ours.documents > 500, `${ours.documents} documents`);
    t.equal(theirs.documents, ours.documents, `round ${round}`);
    t.equal(theirs.digest, ours.digest, `round ${round}`);
  }
  await duckDb.close();
});

t.test("files of a round go when they are removed", (t) => {
  const stream = new TripStream({ trips: 10, shardCount: 1 });
  const files = new RoundFiles(stream);
  stream.prepare();
  files.write();
  const [path = ""] = files.paths;
  t.ok(existsSync(path));
  files.remove();
  t.notOk(existsSync(dirname(path)));
  t.end();
});

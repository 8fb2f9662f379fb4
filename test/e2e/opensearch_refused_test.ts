/**
 * Goal: a cluster that refuses the credentials ends a run with one line and a
 * checkpoint; the next run loses nothing, and what the cluster refuses for ever
 * is a dead letter once. Method: the command, and a cluster in this process.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { MemoryCluster, type Script } from "../helpers/memory_cluster.ts";
import { serveCluster } from "../helpers/serve_cluster.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { flagdrop } from "./flagdrop.ts";

function lines(file: string): Record<string, unknown>[] {
  const text = readFileSync(file, "utf8").trimEnd();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
}

t.test("a refused run goes on where it was", async (t) => {
  const folder = t.testdir();
  const input = join(folder, "trips.jsonl");
  writeFileSync(input, orderedTrips({ lineCount: 20_000, seed: 3 }).bytes);
  const cluster = new MemoryCluster();
  const url = await serveCluster(t, cluster);
  const [out, dead, summary] = ["out", "dead", "summary"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const args = [
    ...["run", "--source", `file:${input}`, "--workers", "1"],
    ...["--sink", `opensearch:${url}`, "--sink", `ndjson:${out}`],
    ...["--checkpoint", join(folder, "state"), "--dead-letters", dead],
    ...["--summary", summary, "--status-port", "0"],
  ];
  cluster.script = (_, items) =>
    items.length === 0
      ? undefined
      : { type: "answer", status: 403, body: { message: "expired" } };
  const first = await flagdrop(args);
  t.equal(first.code, 1);
  t.match(
    first.stderr,
    /Cannot write to OpenSearch at \S+ as it refused the credentials \(403: expired\).*\(FD_CREDENTIALS\)/,
  );
  t.equal(cluster.documents.size, 0);
  t.equal(cluster.bulks.length % 2, 0, "each was tried twice");

  const isRefused = (cell: unknown) => String(cell).endsWith("7");
  const judge: Script = () => ({
    type: "items",
    error: ({ source }) =>
      isRefused(source["location"])
        ? { status: 400, type: "mapper_parsing_exception", reason: "bad" }
        : undefined,
  });
  cluster.script = (request, items, origin) =>
    items.length === 0 ? undefined : judge(request, items, origin);
  const second = await flagdrop(args);
  t.equal(second.code, 0, second.stderr);
  t.match(second.stderr, /going on from checkpoint/);

  const documents = lines(out);
  const refused = documents.filter(({ location }) => isRefused(location));
  t.ok(refused.length > 10 && refused.length < documents.length);
  t.equal(cluster.documents.size, documents.length - refused.length);
  const letters = lines(dead);
  const ofDocuments = letters.filter(({ shard }) =>
    String(shard).startsWith("opensearch:"),
  );
  t.strictSame(
    ofDocuments.map(({ sequence }) => sequence).sort(),
    refused.map(({ _id }) => _id).sort(),
  );
  const status = JSON.parse(readFileSync(summary, "utf8"));
  t.equal(status.sinks[0].refused, refused.length);
  t.equal(status.sinks[0].documents, cluster.documents.size);
  t.equal(letters.length, status.counts.dead + refused.length);
});

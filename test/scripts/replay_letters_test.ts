/** Goal: refused documents are sent again as they were; the rest is left. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DeadLetterFile } from "../../engine/sink/dead_letters.ts";
import type { DeadLetter } from "../../engine/sink/sink.ts";
import { MemoryCluster } from "../helpers/memory_cluster.ts";
import { serveCluster } from "../helpers/serve_cluster.ts";
import { runHere } from "./run_here.ts";

function letterOf(cell: string): DeadLetter {
  const action = { index: { _index: "taxi", _id: `pickups|1|${cell}` } };
  const source = { timestamp: 1, location: cell };
  const text = `${JSON.stringify(action)}\n${JSON.stringify(source)}\n`;
  return {
    shardId: "opensearch:http://before",
    sequenceNumber: `pickups|1|${cell}`,
    subSequenceNumber: 0,
    reason: "mapper_parsing_exception",
    detail: "once",
    bytes: Buffer.from(text),
  };
}

t.test("dead-letters replay", async (t) => {
  const cluster = new MemoryCluster();
  const url = await serveCluster(t, cluster);
  const file = join(t.testdir(), "letters.ndjson");
  const letters = await DeadLetterFile.open(file);
  const record = { ...letterOf("x"), shardId: "shard-0", reason: "not_json" };
  await letters.write([letterOf("dr5ru7"), record, letterOf("dr5ru6")]);
  await letters.close();
  const args = ["dead-letters", "replay", file, "--sink", `opensearch:${url}`];
  const run = () => runHere([...args, "--opensearch-auth", "none"]);

  const early = await run();
  t.equal(early.exitCode, 1);
  t.match(early.stderr, /Cannot send documents to index "taxi".*not there/);

  cluster.indices.set("taxi", { mappings: {}, documents: new Map() });
  cluster.script = (_, items) =>
    items.length === 0
      ? undefined
      : {
          type: "items",
          error: ({ id }) =>
            id.endsWith("dr5ru6")
              ? { status: 400, type: "still_wrong", reason: "again" }
              : undefined,
        };
  const some = await run();
  t.equal(some.exitCode, 1);
  t.match(some.stdout, "1 documents written, 1 refused again, 1 records left");
  t.strictSame([...cluster.documents.keys()], ["pickups|1|dr5ru7"]);
  const [line = ""] = readFileSync(`${file}.refused`, "utf8").split("\n");
  t.match(JSON.parse(line), {
    sequence: "pickups|1|dr5ru6",
    reason: "still_wrong",
    detail: "again",
  });

  cluster.script = () => undefined;
  const all = await run();
  t.strictSame(all, {
    exitCode: 0,
    stdout: "2 documents written, 0 refused again, 1 records left\n",
    stderr: "",
  });
  t.strictSame(cluster.documents.get("pickups|1|dr5ru6")?.source, {
    timestamp: 1,
    location: "dr5ru6",
  });
  t.ok(existsSync(file));
});

t.test("a file of something else is one line", async (t) => {
  const file = join(t.testdir({ x: '{"shard":1}\n' }), "x");
  const sink = ["--sink", "opensearch:http://127.0.0.1:1"];
  const wrong = await runHere(["dead-letters", "replay", file, ...sink]);
  t.equal(wrong.exitCode, 1);
  t.match(
    wrong.stderr,
    /as line 1 is no letter: name a file of --dead-letters/,
  );
  const other = await runHere([
    "dead-letters",
    "replay",
    file,
    "--sink",
    "none",
  ]);
  t.equal(other.exitCode, 2);
});

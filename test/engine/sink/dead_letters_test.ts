/**
 * Goal: every letter can be found again byte for byte; the file is made with
 * the first one, belongs to one run, and has a largest size.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import {
  DeadLetterFile,
  deadLetterLine,
} from "../../../engine/sink/dead_letters.ts";
import type { DeadLetter } from "../../../engine/sink/sink.ts";

const LETTER: DeadLetter = {
  shardId: "shardId-000000000003",
  sequenceNumber: "49590338271490256608559692538361571095921575989136588898",
  subSequenceNumber: 2,
  reason: "not_json",
  bytes: Uint8Array.from([0, 255, 10, 34]),
};

t.test("deadLetterLine() has everything to find a record again", (t) => {
  t.equal(
    deadLetterLine(LETTER),
    '{"shard":"shardId-000000000003","sequence":"49590338271490256608559692538361571095921575989136588898","subSequence":2,"reason":"not_json","bytes":"AP8KIg=="}\n',
  );
  const view = Uint8Array.from([1, 2, 3, 4]).subarray(1, 3);
  t.match(deadLetterLine({ ...LETTER, bytes: view }), '"bytes":"AgM="');
  t.end();
});

t.test("DeadLetterFile makes its file with the first letter", async (t) => {
  const path = join(t.testdir(), "dead.ndjson");
  const file = await DeadLetterFile.open(path);
  await file.write([]);
  await file.sync();
  t.notOk(existsSync(path));
  await file.write([LETTER, LETTER]);
  t.equal(readFileSync(path, "utf8"), deadLetterLine(LETTER).repeat(2));
  t.equal(file.count, 2);
  await file.sync();
  await file.close();
});

t.test("DeadLetterFile empties another run's file at once", async (t) => {
  const path = join(t.testdir({ dead: "old\n" }), "dead");
  const file = await DeadLetterFile.open(path);
  t.equal(readFileSync(path, "utf8"), "");
  await file.write([LETTER]);
  await file.close();
  t.equal(readFileSync(path, "utf8"), deadLetterLine(LETTER));
});

t.test("DeadLetterFile goes on at the length of a checkpoint", async (t) => {
  const line = deadLetterLine(LETTER);
  const path = join(t.testdir({ dead: `${line}${line}{"sh` }), "dead");
  const file = await DeadLetterFile.open(path, { resumeAtBytes: line.length });
  t.equal(file.lengthBytes, line.length);
  await file.write([LETTER]);
  await file.close();
  t.equal(readFileSync(path, "utf8"), line + line);
  t.equal(file.count, 1);
});

t.test(
  "DeadLetterFile counts what finds no room and says so once",
  async (t) => {
    const line = deadLetterLine(LETTER);
    const path = join(t.testdir(), "dead");
    let told = 0;
    const file = await DeadLetterFile.open(path, {
      bytesMax: 2 * line.length + 10,
      onFull: () => told++,
    });
    await file.write([LETTER]);
    await file.write([LETTER, LETTER, { ...LETTER, bytes: new Uint8Array(0) }]);
    await file.write([LETTER]);
    await file.close();
    t.equal(readFileSync(path, "utf8"), line + line);
    t.equal(file.count, 2);
    t.equal(file.droppedCount, 3);
    t.equal(told, 1);
  },
);

t.test("DeadLetterFile keeps the order of calls that overlap", async (t) => {
  const path = join(t.testdir(), "dead");
  const file = await DeadLetterFile.open(path);
  const bytes = new Uint8Array(300_000);
  await Promise.all(
    ["1", "2", "3", "4"].map((sequenceNumber) =>
      file.write([{ ...LETTER, sequenceNumber, bytes }]),
    ),
  );
  await file.close();
  const sequences = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).sequence);
  t.strictSame(sequences, ["1", "2", "3", "4"]);
});

t.test("DeadLetterFile.open() names file, reason and remedy", async (t) => {
  const folder = t.testdir({ file: "" });
  await t.rejects(DeadLetterFile.open(folder), {
    code: "FD_SINK",
    message: `Cannot write dead letters to "${folder}" as it is a folder: name a file in it`,
  });
  await t.rejects(DeadLetterFile.open(join(folder, "no", "dead")), {
    message: /as its folder does not exist: create the folder or name another$/,
  });
});

t.test("DeadLetterFile.write() rejects when the disk is full", async (t) => {
  const file = await DeadLetterFile.open("/dev/full");
  await t.rejects(file.write([LETTER]), {
    message: /as the disk is full: free some space or name a file elsewhere$/,
  });
  t.equal(file.count, 0);
  await file.close();
});

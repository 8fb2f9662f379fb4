/**
 * Bad input through Kinesis: the job goes on, each record is counted, and what
 * cannot be decoded is in the dead-letter file byte for byte.
 */
import { join } from "node:path";
import t from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { damagedEvents } from "../judge/damaged_events.ts";
import { documentDifferences } from "../judge/document.ts";
import { Judge } from "../judge/judge.ts";
import { Random } from "../judge/random.ts";
import { lineBounds } from "../judge/read_line.ts";
import { byScale, SEED } from "../judge/scale.ts";
import { flagdrop, freePort, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis, type ShardRecord } from "./local_kinesis.ts";
import {
  comparableCounts,
  deadLetters,
  ndjsonDocuments,
  summary,
  unaccounted,
} from "./run_output.ts";

t.setTimeout(byScale(600_000, 1_800_000));

/** A Kinesis record's largest data: 1 MiB with its partition key of one byte. */
const DATA_BYTES_MAX = 1_048_576 - 1;

function trip(note = ""): Buffer {
  return Buffer.from(
    `{"type":"trip","note":"${note}","pickup_lat":40.75,"pickup_lon":-73.98,` +
      '"dropoff_lat":40.6441,"dropoff_lon":-73.7822,' +
      '"pickup_datetime":"2016-01-01T00:00:00Z",' +
      '"dropoff_datetime":"2016-01-01T00:09:00Z"}\n',
  );
}

function randomBytes(size: number): Buffer {
  const numbers = new Random(SEED);
  return Buffer.from(Array.from({ length: size }, () => numbers.whole(0, 255)));
}

/** Magic number of an aggregated record, then what is none. */
function falselyAggregated(): Buffer {
  return Buffer.concat([Buffer.from("f3899ac2", "hex"), randomBytes(100)]);
}

/** By name, in the order in which they are put. */
const BAD_RECORDS: readonly (readonly [name: string, data: Buffer])[] = [
  ["a good trip", trip()],
  ["a kind nobody declared", Buffer.from('{"type":"fare","amount":5}')],
  ["a truncated record", trip().subarray(0, 100)],
  ["binary rubbish", Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ["an empty record", Buffer.alloc(0)],
  ["one byte", Buffer.from([0])],
  ["one brace", Buffer.from("{")],
  ["one line feed", Buffer.from("\n")],
  ["two texts in a record", Buffer.concat([trip(), trip()])],
  ["no UTF-8", Buffer.from([0xff, 0xfe, 0x7b, 0x7d])],
  ["no aggregated record", falselyAggregated()],
  ["its magic number alone", Buffer.from("f3899ac2", "hex")],
  ["a large trip", trip("x".repeat(DATA_BYTES_MAX - trip().length))],
  ["large rubbish", randomBytes(DATA_BYTES_MAX)],
  ["large blank", Buffer.alloc(DATA_BYTES_MAX, " ")],
  [
    "a watermark of the year 9999",
    Buffer.from('{"type":"watermark","watermark":"9999-12-31T23:59:59Z"}'),
  ],
  [
    "a watermark of no time",
    Buffer.from('{"type":"watermark","watermark":"soon"}'),
  ],
  ["a good trip after all that", trip()],
];

t.test("bad records are counted, and dead ones kept", async (t) => {
  const kinesis = await LocalKinesis.start([
    "--stream",
    "taxi",
    "--shards",
    "1",
  ]);
  try {
    const taken: Buffer[] = [];
    for (const [name, data] of BAD_RECORDS) {
      await kinesis.put("taxi", [{ shardIndex: 0, data }]);
      taken.push(data);
      t.pass(`put ${name}`);
    }
    const judge = await Judge.ofRecords(taken);
    const counts = await judge.counts("nyc");
    const expected = await judge.documents("nyc");
    const verdicts = await judge.verdicts("nyc");
    judge.close();
    t.equal(expected.size, 2);

    const folder = t.testdir();
    const dead = join(folder, "dead.ndjson");
    const port = await freePort();
    const run = new RunningCommand([
      ...["run", "--stream", "taxi", "--endpoint", kinesis.endpoint],
      ...["--from", "earliest", "--status-port", String(port)],
      ...["--sink", "none", "--dead-letters", dead],
    ]);
    let status: EngineStatus | undefined;
    await until("all records are in /api/status", async () => {
      if (run.hasEnded) throw new Error(`run ended: ${run.output}`);
      try {
        const answer = await request(`http://127.0.0.1:${port}/api/status`);
        status = (await answer.body.json()) as EngineStatus;
      } catch {
        // It doesn't listen yet.
        return false;
      }
      // They add up at every moment, not only at the end.
      const missing = unaccounted(status.counts);
      if (missing !== "") throw new Error(missing);
      return status.counts.read >= taken.length;
    });
    t.strictSame(comparableCounts(status!.counts), counts);
    const stopped = await run.stop();
    t.equal(stopped.code, 0, stopped.stderr);

    const letters = deadLetters(dead);
    const deadBytes = taken.filter((_, i) => verdicts[i] === "dead");
    t.equal(letters.length, deadBytes.length);
    for (const [i, letter] of letters.entries()) {
      const bytes = Buffer.from(letter.bytes, "base64");
      t.ok(deadBytes[i]?.equals(bytes), `dead letter ${i}: ${letter.reason}`);
      t.match(letter.sequence, /^\d+$/);
      t.match(letter.shard, /^shardId-\d{12}$/);
      t.equal(letter.subSequence, 0);
      t.ok(letter.reason.length > 0);
    }
    const sequences = letters.map(({ sequence }) => BigInt(sequence));
    t.strictSame(
      sequences,
      [...sequences].sort((a, b) => (a < b ? -1 : 1)),
      "in the shard's order",
    );

    const output = join(folder, "out.ndjson");
    const ended = await flagdrop([
      ...["run", "--stream", "taxi", "--endpoint", kinesis.endpoint],
      ...["--until-end", "--sink", `ndjson:${output}`],
      ...["--dead-letters", join(folder, "again.ndjson")],
      ...["--summary", join(folder, "summary.json")],
    ]);
    t.equal(ended.code, 0, ended.stderr);
    t.strictSame(documentDifferences(ndjsonDocuments(output), expected), []);
    const final = summary(join(folder, "summary.json"));
    t.strictSame(comparableCounts(final.counts), counts);
    t.equal(final.deadLetters, deadBytes.length);
    t.strictSame(deadLetters(join(folder, "again.ndjson")), letters);
  } finally {
    await kinesis.stop();
  }
});

t.test("a damaged stream equals the judge on its file", async (t) => {
  const { bytes } = damagedEvents({
    lineCount: byScale(3_000, 100_000),
    seed: SEED + 3,
    damagedShare: 0.05,
  });
  const records = lineBounds(bytes).map(([start, end]) =>
    bytes.subarray(start, end),
  );
  const judge = await Judge.ofRecords(records);
  const expected = await judge.documents("nyc");
  const counts = await judge.counts("nyc");
  const verdicts = await judge.verdicts("nyc");
  judge.close();
  const isWatermark = (i: number) => verdicts[i]?.startsWith("watermark");

  const kinesis = await LocalKinesis.start();
  try {
    for (const shards of byScale([4], [1, 2, 4, 7, 16])) {
      // Watermarks go to every shard at their place, so that lateness by
      // shard is what lateness by file order is.
      const spread = records.flatMap((data, i): ShardRecord[] =>
        isWatermark(i)
          ? Array.from({ length: shards }, (_, shardIndex) => ({
              shardIndex,
              data,
            }))
          : [{ shardIndex: (i * 7) % shards, data }],
      );
      const stream = `damaged-${shards}`;
      await kinesis.createStream(stream, shards);
      await kinesis.put(stream, spread);

      for (const workers of byScale([2], [1, 2, 4])) {
        const name = `${shards} shards, ${workers} workers`;
        const folder = t.testdir();
        const output = join(folder, "out.ndjson");
        const finished = await flagdrop([
          ...["run", "--stream", stream, "--endpoint", kinesis.endpoint],
          ...["--until-end", "--workers", String(workers)],
          ...["--sink", `ndjson:${output}`],
          ...["--dead-letters", join(folder, "dead.ndjson")],
          ...["--summary", join(folder, "summary.json")],
        ]);
        t.equal(finished.code, 0, `${name}: ${finished.stderr}`);
        const differences = documentDifferences(
          ndjsonDocuments(output),
          expected,
        );
        t.strictSame(differences, [], name);

        const final = summary(join(folder, "summary.json"));
        t.equal(unaccounted(final.counts), "", name);
        t.strictSame(
          comparableCounts(final.counts),
          {
            ...counts,
            read: spread.length,
            watermarksTaken: counts.watermarksTaken * shards,
            watermarksRefused: counts.watermarksRefused * shards,
          },
          name,
        );
        const dead = records.filter((_, i) => verdicts[i] === "dead");
        t.strictSame(
          deadLetters(join(folder, "dead.ndjson"))
            .map((letter) => letter.bytes)
            .sort(),
          dead.map((data) => data.toString("base64")).sort(),
          name,
        );
      }
    }
  } finally {
    await kinesis.stop();
  }
});

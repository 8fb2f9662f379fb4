/** Records of every framing and compression against splitting them plainly. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import t from "tap";
import type { PayloadSpec } from "../../../engine/job/spec.ts";
import { openPayload } from "../../../workers/payload/payload_texts.ts";
import type { RecordBatch } from "../../../workers/record_batch.ts";
import { PACKED, packedText } from "../../engine/replay/codec/packed_text.ts";

/** A batch of records; records of one number are parts of one Kinesis record. */
function batchOf(
  records: readonly Uint8Array[],
  numbers = records.map((_, i) => i),
): RecordBatch {
  const ends: number[] = [];
  for (const { length } of records) ends.push((ends.at(-1) ?? 0) + length);
  return {
    bytes: Buffer.concat(records),
    count: records.length,
    starts: Uint32Array.from([0, ...ends]),
    ends: Uint32Array.from(ends),
    records: Uint32Array.from(numbers),
    subSequenceNumbers: new Uint32Array(records.length),
    arrivalMs: Float64Array.from(records, (_, i) => 1_000 + i),
    outOfRange: 3,
    sequenceNumber: (record) => `s${record}`,
  };
}

interface Taken {
  readonly text: string;
  readonly sequence: string;
  readonly sub: number;
  readonly reason?: string;
}

/** Everything that is handed on, in order. */
function takenOf(payload: PayloadSpec, batch: RecordBatch) {
  const taken: Taken[] = [];
  let outOfRange = 0;
  const note = (texts: RecordBatch, reason?: string) => {
    for (let i = 0; i < texts.count; i++) {
      taken.push({
        text: texts.bytes.toString("utf8", texts.starts[i], texts.ends[i]),
        sequence: texts.sequenceNumber(texts.records[i]!),
        sub: texts.subSequenceNumbers[i]!,
        ...(reason !== undefined && { reason }),
      });
      assert.equal(
        texts.arrivalMs[texts.records[i]!],
        1_000 + texts.records[i]!,
      );
    }
  };
  openPayload(payload)?.each(batch, {
    take(texts) {
      note(texts);
      outOfRange += texts.outOfRange;
    },
    refuse: note,
  });
  assert.equal(outOfRange, batch.outOfRange);
  return taken;
}

const event = fc
  .record({ type: fc.constant("trip"), note: fc.string(), n: fc.integer() })
  .map((value) => JSON.stringify(value));

t.test("every text of a record is handed on, numbered in it", async () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), {
        maxLength: 6,
      }),
      fc.constantFrom("lines", "glued"),
      fc.constantFrom(
        ["none", false] as const,
        ["gzip", true] as const,
        ["detect", true] as const,
        ["detect", false] as const,
      ),
      (records, framing, [compression, packs]) => {
        const separator = framing === "lines" ? "\n" : "";
        const bytes = records.map((texts, i) => {
          const end = i % 2 === 0 ? separator : "";
          const plain = Buffer.from(texts.join(separator) + end);
          return packs ? gzipSync(plain) : plain;
        });
        const payload = { framing, compression } as const;
        assert.deepEqual(
          takenOf(payload, batchOf(bytes)),
          records.flatMap((texts, i) =>
            texts.map((text, sub) => ({ text, sequence: `s${i}`, sub })),
          ),
        );
      },
    ),
    { numRuns: 300 },
  );
});

t.test("a record that can't be unpacked is refused in its place", async (t) => {
  const good = gzipSync("[1]");
  const bomb = gzipSync(Buffer.alloc(32 * 2 ** 20));
  const records = [
    good,
    Buffer.from('{"plain":1}'),
    good.subarray(0, good.length - 3),
    bomb,
    Buffer.concat([good, Buffer.from("rest")]),
    gzipSync(Buffer.concat([Buffer.alloc(60_000, 32), Buffer.from("{}")])),
    good,
  ];
  const taken = takenOf(
    { framing: "text", compression: "gzip" },
    batchOf(records),
  );
  t.same(
    taken.map(({ text, reason }) => reason ?? text.trim()),
    [
      "[1]",
      "not_compressed",
      "bad_compression",
      "unpacked_too_large",
      "bad_compression",
      "{}",
      "[1]",
    ],
  );
  t.equal(taken[1]!.text, '{"plain":1}', "the letter has the record's bytes");
  const plain = takenOf(
    { framing: "text", compression: "detect" },
    batchOf(records),
  );
  t.equal(plain[1]!.reason, undefined, "detect takes plain records");
});

t.test("records without a text, and broken ones, don't vanish", async (t) => {
  const texts = (framing: PayloadSpec["framing"], text: string) =>
    takenOf({ framing, compression: "none" }, batchOf([Buffer.from(text)])).map(
      (one) => one.text,
    );
  t.same(texts("lines", "\n \r\n"), ["\n \r\n"]);
  t.same(texts("lines", '{"a":1}\r\n\n{"b'), ['{"a":1}\r', '{"b']);
  t.same(texts("glued", ""), [""]);
  t.same(texts("glued", '{"a":"}{"}{"b":[{}]} {"c"'), [
    '{"a":"}{"}',
    '{"b":[{}]}',
    '{"c"',
  ]);
  t.same(texts("glued", 'rubbish{"a":1}'), ["rubbish", '{"a":1}']);
});

t.test("texts are numbered through an aggregated record", async (t) => {
  const records = ["1\n2", "3", "4\n5"].map((text) => Buffer.from(text));
  const taken = takenOf(
    { framing: "lines", compression: "none" },
    batchOf(records, [0, 0, 1]),
  );
  t.same(
    taken.map(({ sequence, sub }) => `${sequence}.${sub}`),
    ["s0.0", "s0.1", "s0.2", "s1.0", "s1.1"],
  );
});

t.test("more texts than a batch holds are handed on in several", async (t) => {
  const count = 10_000;
  const lines = Array.from({ length: count }, (_, i) => `{"n":${i}}`);
  const packed = gzipSync(lines.join("\n"));
  const taken = takenOf(
    { framing: "lines", compression: "gzip" },
    batchOf([packed, packed]),
  );
  t.equal(taken.length, 2 * count);
  t.equal(taken[2 * count - 1]!.text, lines[count - 1]);
});

t.test("Zstandard is unpacked, and bounded", async (t) => {
  const packed = Buffer.from(PACKED.zstd, "base64");
  const payload = { framing: "text", compression: "zstd" } as const;
  const [one] = takenOf(payload, batchOf([packed]));
  t.equal(one?.text, packedText().toString());
  const reasonOf = (bytes: Buffer) =>
    takenOf(payload, batchOf([bytes]))[0]?.reason;
  t.equal(reasonOf(packed.subarray(0, 40)), "bad_compression");
  // 128 KiB of four bytes, many times over; and a window of a GiB.
  const bomb = `28b52ffd0038${"02001061".repeat(500)}`;
  t.equal(reasonOf(Buffer.from(bomb, "hex")), "unpacked_too_large");
  const wide = Buffer.from("28b52ffd00a0190000616263", "hex");
  t.equal(reasonOf(wide), "bad_compression");
  // Windows that are far larger than what comes out are made smaller.
  const large = Buffer.from("28b52ffd0088190000616263", "hex");
  t.equal(takenOf(payload, batchOf([large]))[0]?.text, "abc");
  const long = `28b52ffda000000004${"02001061".repeat(500)}`;
  t.equal(reasonOf(Buffer.from(long, "hex")), "unpacked_too_large");
  // Blocks of a byte, for each of which all of a large window would be moved.
  const tiny = `28b52ffd0088${"08000061".repeat(40_000)}`;
  t.equal(reasonOf(Buffer.from(tiny, "hex")), "bad_compression");
});

t.test("a job of plain records pays nothing", async (t) => {
  t.equal(openPayload({ framing: "text", compression: "none" }), undefined);
});

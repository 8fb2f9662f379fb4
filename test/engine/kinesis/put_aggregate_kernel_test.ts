/**
 * Aggregated records written in place. Goal: the bytes are those of the plain
 * writer, in CBOR and in JSON, and as many as was said beforehand.
 */
import fc from "fast-check";
import t from "tap";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import { AggregateKeys } from "../../../engine/kinesis/put_aggregate_kernel.ts";
import { PutBatch } from "../../../engine/kinesis/put_batch.ts";
import { PutBodies } from "../../../engine/kinesis/put_bodies.ts";
import {
  encodePutRecords,
  putTools,
} from "../../../engine/kinesis/put_body_kernel.ts";
import type { PutChunk } from "../../../engine/kinesis/put_chunk.ts";
import { PutShard } from "../../../engine/kinesis/put_shard.ts";
import { KplWriter } from "../../../perf/wire/kpl_writer.ts";
import { evenShards } from "./memory_stream.ts";

function chunkOf(lengths: readonly number[]): PutChunk {
  const starts = new Uint32Array(lengths.length);
  const ends = new Uint32Array(lengths.length);
  let end = 0;
  lengths.forEach((length, i) => {
    starts[i] = end;
    end += length;
    ends[i] = end;
  });
  const bytes = Buffer.from(
    Uint8Array.from({ length: end }, (_, i) => i * 7 + (i >> 8)),
  );
  return { bytes, starts, ends, acknowledge: () => {} };
}

function plain(chunk: PutChunk, keys: readonly string[], hashKey: string) {
  const writer = new KplWriter(1 << 24);
  chunk.starts.forEach((start, i) => {
    writer.add(chunk.bytes.subarray(start, chunk.ends[i]), {
      partitionKey: keys[i % Math.min(keys.length, chunk.starts.length)] ?? "",
      explicitHashKey: hashKey,
    });
  });
  return writer.finish();
}

const LENGTH = fc.oneof(
  { weight: 8, arbitrary: fc.nat(600) },
  { weight: 1, arbitrary: fc.constantFrom(0, 121, 122, 127, 128, 16_383) },
  { weight: 1, arbitrary: fc.integer({ min: 16_000, max: 70_000 }) },
);

t.test("putAggregate() writes what KplWriter writes", async (t) => {
  const [shard] = evenShards(1);
  const tools = putTools();
  const { bodies } = tools;
  fc.assert(
    fc.property(
      fc.array(LENGTH, { minLength: 1, maxLength: 150 }),
      fc.integer({ min: 1, max: 64 }),
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      (lengths, keyCount, hashKey) => {
        const keys = Array.from({ length: keyCount }, (_, i) => `${i * i}`);
        const startingHashKey = String(hashKey);
        const into = new PutShard(
          { ...shard!, startingHashKey },
          { keys, isPaced: false },
        );
        const chunk = chunkOf(lengths);
        const { aggregateKeys } = into;
        let byteCount = aggregateKeys.emptyBytes;
        const batch = new PutBatch();
        lengths.forEach((length, i) => {
          byteCount += aggregateKeys.bytesOf(i, length);
          batch.carry(chunk, i);
        });
        const expected = plain(chunk, keys, startingHashKey);
        t.equal(byteCount, expected.length, "as long as was said");
        batch.add({
          shard: into,
          bytes: undefined,
          start: 0,
          end: byteCount,
          partitionKey: "a",
          isPinned: true,
        });
        const cbor = encodePutRecords(batch, "taxi", "cbor", tools);
        const json = encodePutRecords(batch, "taxi", "json", tools);
        const { Records } = decodeCbor(cbor) as unknown as {
          Records: { Data: Uint8Array }[];
        };
        t.ok(Buffer.from(Records[0]!.Data).equals(expected));
        const [record] = JSON.parse(json.toString()).Records;
        t.ok(Buffer.from(record.Data, "base64").equals(expected));
        bodies.giveBack(cbor);
        bodies.giveBack(json);
      },
    ),
    { numRuns: 60 },
  );
});

t.test("AggregateKeys refuses a key that is too long", async (t) => {
  t.throws(() => new AggregateKeys(["k".repeat(128)], "0"), RangeError);
});

t.test("PutBodies gives memory again, if it is long enough", async (t) => {
  const bodies = new PutBodies();
  const first = bodies.take(1_000);
  bodies.giveBack(first.subarray(0, 10));
  const again = bodies.take(200_000);
  t.equal(again.buffer, first.buffer);
  bodies.giveBack(again);
  t.not(bodies.take(2_000_000).buffer, first.buffer);
});

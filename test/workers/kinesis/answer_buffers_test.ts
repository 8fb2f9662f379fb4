import t from "tap";
import { WORKER_BYTES_IN_FLIGHT } from "../../../engine/limits.ts";
import { AnswerBuffers } from "../../../workers/kinesis/answer_buffers.ts";
import {
  ANSWER_BYTES_DEFAULT,
  SPARE_BUFFER_TAKES,
} from "../../../workers/kinesis/limits.ts";
import { ReadLimit } from "../../../workers/kinesis/read_limit.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;

t.test("AnswerBuffers.take() rounds up to a power of two", async (t) => {
  const buffers = new AnswerBuffers();
  t.equal(buffers.take(0).length, 64 * KIB);
  t.equal(buffers.take(64 * KIB).length, 64 * KIB);
  t.equal(buffers.take(64 * KIB + 1).length, 128 * KIB);
  t.equal(buffers.take(6 * MIB).length, 8 * MIB);
});

t.test(
  "AnswerBuffers.take() gives the smallest spare buffer that fits",
  async (t) => {
    const buffers = new AnswerBuffers();
    const [large, small, middle] = [MIB, 64 * KIB, 256 * KIB].map((bytes) =>
      buffers.take(bytes),
    ) as [Buffer, Buffer, Buffer];
    for (const buffer of [large, small, middle]) buffers.give(buffer);
    t.equal(buffers.spareBytes, MIB + 320 * KIB);
    t.equal(buffers.take(100 * KIB), middle);
    t.equal(buffers.take(100 * KIB), large);
    t.not(buffers.take(100 * KIB), small);
    t.equal(buffers.take(1), small);
    t.equal(buffers.spareBytes, 0);
  },
);

t.test("AnswerBuffers.take() gives what was given back last", async (t) => {
  const buffers = new AnswerBuffers();
  const [first, second] = [buffers.take(MIB), buffers.take(MIB)];
  buffers.give(first);
  buffers.give(second);
  t.equal(buffers.take(MIB), second);
  t.equal(buffers.take(MIB), first);
});

t.test("AnswerBuffers.take() gives slots first, while they last", async (t) => {
  const memory = new ArrayBuffer(2 * MIB);
  const slots = [0, MIB].map((at) => Buffer.from(memory, at, MIB - 64));
  const buffers = new AnswerBuffers(slots);
  const first = buffers.take(1);
  t.equal(first, slots[0], "the others' memory isn't touched");
  t.equal(buffers.take(MIB - 63).length, MIB, "too long for a slot");
  t.equal(buffers.take(MIB - 64), slots[1]);
  t.equal(buffers.take(MIB - 64).length, MIB, "no slot is left");
  buffers.give(first);
  t.equal(buffers.take(1), first);
  t.equal(buffers.spareBytes, 0);
});

t.test("AnswerBuffers.give() keeps no more than its limit", async (t) => {
  const buffers = new AnswerBuffers();
  const taken = Array.from({ length: 5 }, () => buffers.take(8 * MIB));
  for (const buffer of taken) buffers.give(buffer);
  t.equal(buffers.spareBytes, 32 * MIB);
});

t.test(
  "AnswerBuffers.take() lets go what has been of no use for long",
  async (t) => {
    const buffers = new AnswerBuffers();
    const useTogether = (count: number) => {
      const taken = Array.from({ length: count }, () => buffers.take(MIB));
      for (const buffer of taken) buffers.give(buffer);
    };
    const useMany = (count: number) => {
      for (let i = 0; i < SPARE_BUFFER_TAKES; i += count) useTogether(count);
    };
    useTogether(20);
    useMany(5);
    t.equal(buffers.spareBytes, 20 * MIB, "they may be needed again");
    useMany(5);
    t.equal(buffers.spareBytes, 5 * MIB);
    useMany(5);
    useMany(5);
    t.equal(buffers.spareBytes, 5 * MIB, "those in use stay");
  },
);

t.test("usual answers go through the same few buffers", async (t) => {
  const shardCount = 32;
  const recordBytes = 600;
  const buffers = new AnswerBuffers();
  const seen = new Set<Buffer>();
  const limit = new ReadLimit();
  limit.afterAnswer(recordBytes * 1_000, 1_000);
  const bytes = limit.limit(ANSWER_BYTES_DEFAULT) * recordBytes;
  let takes = 0;
  for (let round = 0; takes < 3 * SPARE_BUFFER_TAKES; round++) {
    // From one to all shards at once, each answer up to 4 % from the mean.
    const together = 1 + ((round * 7) % shardCount);
    const taken = Array.from({ length: together }, (_, i) =>
      buffers.take(Math.round(bytes * (0.96 + ((round + 5 * i) % 9) / 100))),
    );
    takes += together;
    for (const buffer of taken) seen.add(buffer);
    for (const buffer of taken) buffers.give(buffer);
  }
  const allocated = [...seen].reduce((sum, { length }) => sum + length, 0);
  t.equal(seen.size, shardCount, "none was made anew");
  t.ok(
    allocated <= WORKER_BYTES_IN_FLIGHT,
    `${allocated} bytes are no more than what may be in flight`,
  );
});

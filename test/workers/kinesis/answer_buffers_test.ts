import t from "tap";
import { AnswerBuffers } from "../../../workers/kinesis/answer_buffers.ts";
import { SPARE_BUFFER_TAKES } from "../../../workers/kinesis/limits.ts";

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

import t from "tap";
import { AnswerBuffers } from "../../../workers/kinesis/answer_buffers.ts";

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

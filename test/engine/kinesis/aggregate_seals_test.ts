/**
 * Goal: each message has its own digest behind it, however many are made
 * together and however long they are, and nothing else is written.
 */
import { hash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { AggregateSeals } from "../../../engine/kinesis/aggregate_seals.ts";

const DIGEST_BYTES = 16;

const LENGTH = fc.oneof(
  { weight: 6, arbitrary: fc.nat(3_000) },
  { weight: 1, arbitrary: fc.integer({ min: 50_000, max: 52_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 262_000, max: 263_000 }) },
);

t.test("digests are those of node:crypto", async (t) => {
  const seals = new AggregateSeals();
  fc.assert(
    fc.property(
      fc.array(LENGTH, { maxLength: 11 }),
      fc.nat(20),
      (lengths, gap) => {
        let at = 0;
        const messages = lengths.map((length) => {
          const start = at + gap;
          at = start + length + DIGEST_BYTES;
          return { start, end: start + length };
        });
        const bytes = Buffer.from(
          Uint8Array.from({ length: at + gap }, (_, i) => i * 31 + (i >> 7)),
        );
        const expected = Buffer.from(bytes);
        for (const { start, end } of messages) {
          const message = expected.subarray(start, end);
          hash("md5", message, "buffer").copy(expected, end);
        }
        seals.write(bytes, messages);
        t.ok(bytes.equals(expected), `${lengths}`);
      },
    ),
    { numRuns: 100 },
  );
});

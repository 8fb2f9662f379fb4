/** Goal: eight digests at once are those of node:crypto, one by one. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import {
  MD5_LANE_BYTES_MAX,
  MD5_LANES,
  Md5Lanes,
} from "../../../engine/kinesis/md5_lanes_kernel.ts";

// Lengths around the ends of blocks, and the longest.
const length = fc.oneof(
  fc.nat(200),
  fc.constantFrom(55, 56, 63, 64, 119, 120, MD5_LANE_BYTES_MAX),
);

t.test("Md5Lanes.digest() gives what node:crypto gives", async (t) => {
  const lanes = Md5Lanes.open();
  if (lanes === undefined) throw new Error("there is no WebAssembly");
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(length, { minLength: 1, maxLength: MD5_LANES }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (lengths, seed) => {
          const size = lengths.reduce((sum, one) => sum + one, 0);
          const bytes = Buffer.alloc(size);
          for (let i = 0; i < size; i++) {
            bytes[i] = Math.imul(i, 0x9e3779b1) ^ (seed[i % 8] ?? 0);
          }
          let at = 0;
          const places = lengths.map((one) => {
            const start = at;
            at += one;
            return { start, end: at };
          });
          const got: string[] = [];
          lanes.digest(bytes, places, (index, digest) => {
            got[index] = digest.toString("hex");
          });
          assert.deepEqual(
            got,
            places.map(({ start, end }) =>
              hash("md5", bytes.subarray(start, end), "hex"),
            ),
          );
        },
      ),
    ),
  );
});

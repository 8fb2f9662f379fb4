/** Goal: the md5 of every short text. Oracle: node:crypto. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import {
  SHORT_MD5_BYTES_MAX,
  shortMd5,
} from "../../../engine/kinesis/short_md5_kernel.ts";

function hex(bytes: Buffer, start: number, end: number): string {
  const digest = new Uint32Array(4);
  shortMd5(bytes, start, end, digest);
  return Array.from(digest, (word) => word.toString(16).padStart(8, "0")).join(
    "",
  );
}

function expected(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}

t.test("shortMd5() equals node:crypto at every length", async (t) => {
  t.equal(hex(Buffer.alloc(0), 0, 0), "d41d8cd98f00b204e9800998ecf8427e");
  for (let length = 0; length <= SHORT_MD5_BYTES_MAX; length++) {
    const bytes = Buffer.alloc(length, 0xe9);
    assert.equal(hex(bytes, 0, length), expected(bytes), `${length} bytes`);
  }
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: SHORT_MD5_BYTES_MAX }), (text) => {
        const bytes = Buffer.concat([
          Buffer.alloc(3, 7),
          text,
          Buffer.alloc(2),
        ]);
        assert.equal(
          hex(bytes, 3, 3 + text.length),
          expected(Buffer.from(text)),
        );
      }),
      { numRuns: 500 },
    ),
  );
});

t.test("shortMd5() refuses what doesn't fit one block", async (t) => {
  const bytes = Buffer.alloc(100);
  t.throws(() => hex(bytes, 0, SHORT_MD5_BYTES_MAX + 1), RangeError);
  t.throws(() => hex(bytes, 1, 0), RangeError);
});

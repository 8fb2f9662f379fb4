/**
 * The writer must give the bytes of RFC 8949's own examples, and what it
 * writes must read back as the same value.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import {
  type CborWritable,
  encodeCbor,
} from "../../../engine/kinesis/cbor_writer.ts";

const VECTORS: readonly (readonly [CborWritable, string])[] = [
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [255, "18ff"],
  [256, "190100"],
  [65_535, "19ffff"],
  [65_536, "1a00010000"],
  [4_294_967_295, "1affffffff"],
  [4_294_967_296, "1b0000000100000000"],
  [1_000_000_000_000, "1b000000e8d4a51000"],
  [18_446_744_073_709_551_615n, "1bffffffffffffffff"],
  [-1, "20"],
  [-100, "3863"],
  [-1000, "3903e7"],
  [-18_446_744_073_709_551_616n, "3bffffffffffffffff"],
  [-0, "fb8000000000000000"],
  [1.1, "fb3ff199999999999a"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  ["", "60"],
  ["ü", "62c3bc"],
  ["水", "63e6b0b4"],
  [Buffer.from("01020304", "hex"), "4401020304"],
  [[1, [2, 3]], "8201820203"],
  [{ a: 1, b: [2, 3] }, "a26161016162820203"],
  [{ a: undefined, b: 1 }, "a1616201"],
];

t.test("encodeCbor() writes the RFC's examples", async (t) => {
  for (const [value, hex] of VECTORS) {
    t.equal(encodeCbor(value).toString("hex"), hex, String(value));
  }
});

t.test("encodeCbor() writes times as whole milliseconds", async (t) => {
  const bytes = encodeCbor(new Date(1_451_606_400_123));
  t.equal(decodeCbor(bytes), 1_451_606_400_123);
  t.equal(bytes[0], 0x1b);
});

t.test("encodeCbor() writes long and non-ASCII texts", async (t) => {
  for (const length of [23, 24, 64, 65, 255, 256, 70_000]) {
    for (const letter of ["x", "é", "水"]) {
      const value = letter.repeat(length);
      t.equal(decodeCbor(encodeCbor(value)), value);
    }
  }
});

t.test("encodeCbor() writes what decodeCbor() reads back", async (t) => {
  const { value } = fc.letrec<{ value: CborWritable }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "grapheme" }),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.array(tie("value")),
      fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, (original) => {
      assert.deepEqual(decodeCbor(encodeCbor(original)), original);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

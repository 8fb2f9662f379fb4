/**
 * Requests come from anybody: the reader must read every way to write a value
 * and refuse everything else by one kind of error.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import { encodeCbor } from "../../../engine/kinesis/cbor_writer.ts";

function decode(hex: string): unknown {
  return decodeCbor(Buffer.from(hex, "hex"));
}

t.test("decodeCbor() reads indefinite lengths, tags and floats", async (t) => {
  t.strictSame(decode("bf61610161629f0203ffff"), { a: 1, b: [2, 3] });
  t.strictSame(decode("7f657374726561646d696e67ff"), "streaming");
  t.strictSame(decode("c11a514b67b0"), 1_363_896_240);
  t.equal(decode("f93c00"), 1);
  t.equal(decode("fa47c35000"), 100_000);
  t.equal(decode("f7"), null);
});

t.test("decodeCbor() keeps a member named __proto__ to itself", async (t) => {
  const value = decode("a1695f5f70726f746f5f5fa1616101") as object;
  t.ok(Object.hasOwn(value, "__proto__"));
  t.notOk("a" in value);
});

t.test("decodeCbor() refuses what is no single item", async (t) => {
  for (const hex of [
    "", // nothing
    "18", // cut short in a head
    "6261", // cut short in a text
    "9f01", // no break
    "ff", // a break alone
    "0000", // two items
    "a10102", // a key that is no text
    "1c", // a reserved head
    "9bffffffffffffffff", // more items than bytes
    "81".repeat(40), // too deep
  ]) {
    t.throws(() => decode(hex), SyntaxError, hex);
  }
});

t.test(
  "decodeCbor() gives a value or a SyntaxError for any bytes",
  async (t) => {
    const plain = encodeCbor({
      StreamName: "taxi",
      Records: [{ Data: Buffer.from("abc"), PartitionKey: "k" }],
    });
    const mutated = fc
      .tuple(fc.nat(plain.length - 1), fc.nat(255))
      .map(([at, byte]) => {
        const copy = Buffer.from(plain);
        copy[at] = byte;
        return copy;
      });
    const random = fc.uint8Array().map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutated, random), (bytes) => {
        try {
          decodeCbor(bytes);
        } catch (error) {
          assert(error instanceof SyntaxError);
        }
      }),
      { numRuns: 2_000 },
    );
    t.pass();
  },
);

/**
 * Goal: base64 is decoded as Node decodes it, ends where it ends, and nothing
 * around it changes. Method: texts of all lengths at all places, next to what
 * was copied before and across the ends of what is copied at once.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { TextMemory } from "../../../engine/kinesis/text_memory_kernel.ts";

const ALPHABET =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function open(length: number): TextMemory {
  const memory = TextMemory.open({ length });
  assert(memory !== undefined);
  return memory;
}

/** Decodes the text between two others, and looks at everything. */
function check(
  memory: TextMemory,
  [before, text, after]: readonly [Buffer, string, Buffer],
): void {
  const source = Buffer.concat([before, Buffer.from(text), after]);
  const { length: start } = before;
  memory.begin(source, source.length);
  memory.copyTo(start + 1);
  assert.equal(memory.decode(start), start + text.length);
  const decoded = Buffer.from(text, "base64");
  const found = memory.bytes.subarray(start, start + decoded.length);
  assert.deepEqual(found, decoded);
  memory.copyTo(source.length);
  const { bytes } = memory;
  assert.deepEqual(bytes.subarray(0, start), before);
  assert.deepEqual(
    bytes.subarray(start + text.length, source.length),
    source.subarray(start + text.length),
  );
}

const text = (maxLength: number) =>
  fc
    .string({ unit: fc.constantFrom(...ALPHABET), maxLength })
    // One character more than whole groups stands for nothing.
    .map((found) => (found.length % 4 === 1 ? found.slice(1) : found));
const other = fc
  .integer({ min: 0, max: 255 })
  .filter((byte) => !ALPHABET.includes(String.fromCharCode(byte)));
const rest = fc.option(
  fc
    .tuple(other, fc.uint8Array({ maxLength: 40 }))
    .map(([stop, after]) => [stop, ...after]),
  { nil: [] },
);

t.test("decode() does as Node does, and touches nothing else", async (t) => {
  const memory = open(1);
  memory.bytes.fill("A");
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        text(90),
        rest,
        (before, text, rest) => {
          check(memory, [Buffer.from(before), text, Buffer.from(rest)]);
        },
      ),
      { numRuns: 2_000 },
    ),
  );
});

t.test("decode() ends at every byte that isn't base64", async (t) => {
  const memory = open(1);
  for (let byte = 0; byte < 256; byte++) {
    const isText = ALPHABET.includes(String.fromCharCode(byte));
    for (const at of [0, 5, 15, 16, 30]) {
      const source = Buffer.alloc(48, "Q");
      source[at] = byte;
      memory.begin(source, source.length);
      memory.copyTo(1);
      assert.equal(memory.decode(0), isText ? 48 : at, `${byte} at ${at}`);
    }
  }
  t.pass("at none else");
});

t.test("decode() goes on over the ends of what is copied", async (t) => {
  const memory = open(300_000);
  const long = Buffer.from(
    Uint8Array.from({ length: 150_000 }, (_, i) => (i * 7919) >>> 3),
  );
  for (const start of [0, 1, 16_370, 16_383, 16_384, 40_000]) {
    for (const cut of [0, 1, 2]) {
      const text = long.subarray(cut).toString("base64").replace(/=+$/, "");
      check(memory, [Buffer.alloc(start, "x"), text, Buffer.from('"=')]);
      check(memory, [Buffer.alloc(start, "x"), text, Buffer.alloc(0)]);
    }
  }
  t.pass("all the same");
});

t.test("decode() doesn't read on over what lay there before", async (t) => {
  const memory = open(40_000);
  for (const length of [0, 1, 15, 16, 17, 64, 16_384, 16_400, 32_768]) {
    const source = Buffer.alloc(length, "Q");
    for (const start of [0, length >> 1, length]) {
      memory.bytes.fill("A");
      memory.begin(source, length);
      memory.copyTo(start + 1);
      assert.equal(memory.decode(start), length, `${start} of ${length}`);
      const behind = memory.bytes.subarray(length + 64, length + 200);
      assert.ok(behind.every((byte) => byte === 0x41));
    }
  }
  t.pass("wherever it ends");
});

t.test("decode() ends with the text whatever stands behind it", async (t) => {
  const memory = open(1);
  for (const length of [0, 5, 16, 48]) {
    memory.begin(Buffer.alloc(length, "Q"), length);
    memory.copyTo(length);
    // Not the zeros that belong there.
    memory.bytes.fill("A", length);
    for (const start of [0, length, length + 1, length + 100]) {
      t.equal(memory.decode(start), length, `${start} of ${length}`);
    }
  }
});

t.test("open() makes room, and hasRoom() says so", async (t) => {
  t.ok(open(1).hasRoom(1_000_000));
  t.notOk(open(1).hasRoom(3_000_000));
  t.ok(open(3_000_000).hasRoom(3_000_000));
});

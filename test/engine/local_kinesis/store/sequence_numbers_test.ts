/** Sequence numbers must rise, be of 56 digits, and know their shard. */
import t from "tap";
import { SequenceNumbers } from "../../../../engine/local_kinesis/store/sequence_numbers.ts";
import { START_MS } from "../hand_clock.ts";

t.test("SequenceNumbers.format() rises with the ordinal", async (t) => {
  const numbers = new SequenceNumbers(START_MS, 7);
  let before = numbers.format(0, START_MS);
  for (const ordinal of [1, 2, 9, 10, 99, 100, 12_345_678, 2 ** 52]) {
    // The clock may stand on any of its last digits.
    const next = numbers.format(ordinal, START_MS - (ordinal % 1e9));
    t.match(next, /^\d{56}$/);
    t.ok(next > before);
    t.ok(numbers.isOwn(next));
    t.equal(numbers.ordinalOf(next), ordinal);
    before = next;
  }
});

t.test("SequenceNumbers.isOwn() tells shards and streams apart", async (t) => {
  const numbers = new SequenceNumbers(START_MS, 7);
  const others = [
    new SequenceNumbers(START_MS, 8).format(1, START_MS),
    new SequenceNumbers(START_MS, 70).format(1, START_MS),
    new SequenceNumbers(START_MS + 1, 7).format(1, START_MS),
    "0",
    "4".repeat(56),
    `${numbers.format(1, START_MS)}0`,
  ];
  for (const other of others) t.notOk(numbers.isOwn(other), other);
});

t.test("a child's sequence numbers are above its parent's", async (t) => {
  const parent = new SequenceNumbers(START_MS, 9);
  const child = new SequenceNumbers(START_MS + 1, 2);
  const last = parent.format(2 ** 52, START_MS);
  t.ok(child.format(0, START_MS + 1) > last);
});

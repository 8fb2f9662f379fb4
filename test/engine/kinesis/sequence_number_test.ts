import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  compareSequenceNumbers,
  isSequenceNumber,
} from "../../../engine/kinesis/sequence_number.ts";

t.test("compareSequenceNumbers() orders as numbers do", async (t) => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 60n });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = compareSequenceNumbers(String(a), String(b));
        assert.equal(Math.sign(order), a === b ? 0 : a < b ? -1 : 1);
      }),
    ),
  );
});

t.test("isSequenceNumber() takes decimal digits only", async (t) => {
  t.ok(isSequenceNumber("0"));
  t.ok(isSequenceNumber("9".repeat(56)));
  for (const text of ["", "-1", "1.0", "1e3", " 1", "LATEST"]) {
    t.notOk(isSequenceNumber(text), text);
  }
});

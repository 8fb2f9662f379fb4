/** Columns of figures: what is decoded against what was encoded. */
import fc from "fast-check";
import t from "tap";
import {
  decodeAscending,
  decodeWeights,
  encodeAscending,
  encodeWeights,
} from "../../../engine/replay/figure_codec.ts";

t.test("decodeAscending() gives back what was encoded", async (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2 ** 30 })), (steps) => {
      let value = 0;
      const values = steps.map((step) => {
        value += step * 33;
        return value;
      });
      t.strictSame([...decodeAscending(encodeAscending(values))], values);
    }),
    { numRuns: 50 },
  );
  t.throws(() => encodeAscending([2, 1]), RangeError);
});

t.test("decodeWeights() is exact at 0 and within 5 % above", async (t) => {
  const weights = [0, 1, 1.5, 7.5, 100, 12_345, 1e9];
  const decoded = decodeWeights(encodeWeights(weights));
  t.equal(decoded[0], 0);
  weights.slice(1).forEach((weight, i) => {
    t.ok(Math.abs((decoded[i + 1] ?? 0) / weight - 1) < 0.05);
  });
  t.throws(() => encodeWeights([1e15]), RangeError);
});

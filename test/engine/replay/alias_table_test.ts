/** The alias table: shares of many draws against the weights. */
import t from "tap";
import { AliasTable } from "../../../engine/replay/alias_table.ts";
import { Random } from "../../../engine/replay/random.ts";

t.test("AliasTable.draw() follows the weights", async (t) => {
  const random = new Random(1);
  const weights = Float64Array.of(0, 1, 2, 0, 5, 0.5, 0, 11.5);
  const table = AliasTable.of(weights);
  const counts = new Array<number>(weights.length).fill(0);
  const draws = 100_000;
  for (let i = 0; i < draws; i++) {
    const slot = table.draw(random, 0, weights.length);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  weights.forEach((weight, slot) => {
    const share = (counts[slot] ?? 0) / draws;
    t.ok(Math.abs(share - weight / 20) < 0.01, `${slot}: ${share}`);
    if (weight === 0) t.equal(counts[slot], 0);
  });
});

t.test("AliasTable.build() keeps distributions apart", async (t) => {
  const random = new Random(2);
  const weights = Float64Array.of(1, 3, 0, 7, 0, 0);
  const table = new AliasTable(6);
  table.build(weights, 0, 2);
  table.build(weights, 2, 4);
  table.build(weights, 4, 6);
  for (let i = 0; i < 1_000; i++) {
    t.ok(table.draw(random, 0, 2) < 2);
    t.equal(table.draw(random, 2, 4), 3);
    t.ok(table.draw(random, 4, 6) >= 4);
  }
});

import fc from "fast-check";
import t from "tap";
import { TablePool } from "../../../engine/tally/table_pool.ts";
import { TallyTable } from "../../../engine/tally/tally_table_kernel.ts";
import { PLAN } from "../../helpers/taxi.ts";

const MIB = 1024 * 1024;

function fill(table: TallyTable, keys: number): void {
  for (let key = 0; key < keys; key++) {
    const entry = table.entryOf(key, key);
    table.counts[entry]! += 1;
    for (const column of table.accumulators) column[entry]! += key;
  }
}

function rows(table: TallyTable): unknown {
  return {
    firstTallied: table.firstTallied,
    keys: [...table.word0.subarray(0, table.rowCount)],
    counts: [...table.counts.subarray(0, table.rowCount)],
    accumulators: table.accumulators.map((column) => [
      ...column.subarray(0, table.rowCount),
    ]),
  };
}

t.test("a table that was used before is like a new one", async () => {
  const query = fc.nat({ max: PLAN.queries.length - 1 });
  const keys = fc.nat({ max: 2_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(query, keys)), (uses) => {
      const pool = new TablePool(PLAN.queries);
      for (const [queryIndex, keyCount] of uses) {
        const table = pool.take(queryIndex);
        const { accumulators } = PLAN.queries[queryIndex]!;
        const fresh = new TallyTable(accumulators);
        fill(table, keyCount);
        fill(fresh, keyCount);
        t.strictSame(rows(table), rows(fresh));
        table.firstTallied = keyCount;
        pool.give(queryIndex, table);
      }
    }),
    { numRuns: 20 },
  );
});

t.test("a table is used again, for its own query only", async () => {
  const pool = new TablePool(PLAN.queries);
  const table = pool.take(0);
  pool.give(0, table);
  t.equal(pool.spareBytes, table.byteLength);
  t.not(pool.take(1), table);
  t.equal(pool.take(0), table);
  t.equal(pool.spareBytes, 0);
});

t.test("what is kept is bounded, in all and for each table", async () => {
  const pool = new TablePool(PLAN.queries);
  const grown = pool.take(0);
  fill(grown, 4_000);
  pool.give(0, grown);
  t.equal(pool.spareBytes, 0, "a large one is left to the garbage collector");
  const tables = Array.from({ length: 3_000 }, () => pool.take(0));
  for (const table of tables) pool.give(0, table);
  t.ok(pool.spareBytes > 7 * MIB, `${pool.spareBytes}`);
  t.ok(pool.spareBytes <= 8 * MIB, `${pool.spareBytes}`);
});

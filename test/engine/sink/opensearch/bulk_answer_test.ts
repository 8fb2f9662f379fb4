/** Goal: no item counts as written whose status the answer does not tell. */
import t from "tap";
import {
  GarbledBulkError,
  refusedItems,
} from "../../../../engine/sink/opensearch/bulk_answer.ts";

function read(body: unknown, count: number) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return refusedItems(Buffer.from(text), count);
}

const CREATED = { index: { status: 201 } };

t.test("an answer without a status for each item is none", (t) => {
  const garbled: [unknown, number][] = [
    ["<html>Bad gateway</html>", 1],
    ["", 1],
    ["null", 1],
    [{}, 1],
    [{ items: {} }, 1],
    [{ items: [CREATED] }, 2],
    [{ items: [CREATED, CREATED] }, 1],
    [{ items: [CREATED, {}] }, 2],
    [{ items: [CREATED, null] }, 2],
    [{ items: [{ index: { status: "201" } }] }, 1],
    ['{"items":[{"index":{"status":201}}', 1],
  ];
  for (const [body, count] of garbled) {
    t.throws(() => read(body, count), GarbledBulkError, JSON.stringify(body));
  }
  t.end();
});

t.test("what was not taken is named by its place", (t) => {
  const error = {
    type: "mapper_parsing_exception",
    reason: "failed\nto parse",
  };
  const items = [CREATED, { index: { status: 400, error } }, CREATED];
  t.strictSame(read({ errors: true, items }, 3), [
    {
      item: 1,
      refusal: {
        kind: "document",
        status: 400,
        type: "mapper_parsing_exception",
        reason: "failed to parse",
      },
    },
  ]);
  t.end();
});

/** Goal: no item counts as written whose status the answer does not tell. */
import fc from "fast-check";
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

t.test("an answer in a cluster's own bytes says what its JSON says", (t) => {
  const statuses = fc.array(fc.constantFrom(200, 201, 202, 400, 429, 503), {
    minLength: 1,
    maxLength: 6,
  });
  const textOf = (list: readonly number[], hasSpace: boolean) => {
    const items = list.map((status) => ({ index: { status } }));
    const errors = list.some((status) => status >= 300);
    return JSON.stringify({ errors, items }, undefined, hasSpace ? 1 : 0);
  };
  fc.assert(
    fc.property(statuses, fc.boolean(), (list, hasSpace) => {
      const bytes = Buffer.from(textOf(list, hasSpace));
      const refused = refusedItems(bytes, list.length);
      t.strictSame(
        refused.map(({ item, refusal }) => [item, refusal.status]),
        [...list.entries()].filter(([, status]) => status >= 300),
      );
      t.throws(() => refusedItems(bytes, list.length + 1), /items for/);
      t.throws(() => refusedItems(bytes, list.length - 1), /items for/);
    }),
  );
  // Whatever byte is another one: it is refused, or says the same.
  const sound = Buffer.from(textOf([201, 200, 201], false));
  for (let at = 0; at < sound.length; at++) {
    for (const byte of [0x20, 0x30, 0x32, 0x35, 0x22, 0x7d]) {
      const bytes = Buffer.from(sound);
      bytes[at] = byte;
      let refused: ReturnType<typeof refusedItems> | undefined;
      try {
        refused = refusedItems(bytes, 3);
      } catch {
        // It is no answer.
      }
      if (refused === undefined) continue;
      const { items } = JSON.parse(bytes.toString()) as {
        readonly items: readonly Record<string, { readonly status: number }>[];
      };
      const bad = items.filter((item) =>
        Object.values(item).some(({ status }) => status < 200 || status > 299),
      );
      t.equal(refused.length, bad.length, bytes.toString());
    }
  }
  t.end();
});

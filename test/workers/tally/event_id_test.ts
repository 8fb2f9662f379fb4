import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { EventId } from "../../../workers/tally/event_id.ts";

/** Hash of the id in a record, or null without one. */
function hashIn(text: string, name = "id"): string | null {
  const id = new EventId(name);
  // Bytes around it must not matter.
  const bytes = Buffer.from(`{"id":"x"${text}"id":9}`);
  const length = Buffer.byteLength(text);
  const found = id.find(bytes, 9, 9 + length);
  return found ? `${id.word0}|${id.word1}` : null;
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", '"', "\\", 'a"}', "id", "\u2028", "5", "{[,:"),
);
const idValue = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }));
const space = fc.constantFrom("", " ", "\n\t ");
const member = fc.tuple(
  fc.oneof({ weight: 1, arbitrary: fc.constant("id") }, text),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A text as JSON with every character escaped. */
function escaped(value: string): string {
  const units = [...value.split("")].map(
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${units.join("")}"`;
}

t.test("EventId finds what JSON.parse() finds, however written", async () => {
  fc.assert(
    fc.property(
      fc.array(member, { maxLength: 4 }),
      fc.option(idValue, { nil: undefined }),
      fc.array(member, { maxLength: 3 }),
      fc.tuple(space, fc.boolean(), fc.boolean()),
      (before, value, ...[behind, [gap, escapesName, escapesValue]]) => {
        const name = escapesName ? escaped("id") : '"id"';
        const parts = [
          ...before.map(([key, one]) => [
            JSON.stringify(key),
            JSON.stringify(one),
          ]),
          ...(value === undefined ? [] : [[name, JSON.stringify(value)]]),
          ...behind
            .filter(([key]) => key !== "id")
            .map(([key, one]) => [JSON.stringify(key), JSON.stringify(one)]),
        ].map(([key = "", one = ""]) =>
          escapesValue && key === name && one.startsWith('"')
            ? [key, escaped(JSON.parse(one) as string)]
            : [key, one],
        );
        const body = parts
          .map((part) => part.join(`${gap}:${gap}`))
          .join(`${gap},${gap}`);
        const record = `${gap}{${gap}${body}${gap}}${gap}`;
        const last = parts.findLast(([key]) => JSON.parse(key ?? "") === "id");
        const parsed: unknown = last && JSON.parse(last[1] ?? "");
        const expected =
          typeof parsed === "string" || typeof parsed === "number"
            ? hashIn(`{"id":${JSON.stringify(parsed)}}`)
            : null;
        assert.equal(hashIn(record), expected, record);
      },
    ),
    { numRuns: 500 },
  );
});

t.test("EventId tells ids apart that a double does not", async (t) => {
  const ids = ["9007199254740993", "9007199254740992", '"9007199254740993"'];
  t.equal(new Set(ids.map((id) => hashIn(`{"id":${id}}`))).size, 3);
  for (const none of ["null", "true", "{}", '["a"]']) {
    t.equal(hashIn(`{"id":${none}}`), null, none);
    t.equal(hashIn(`{"id":"a","id":${none}}`), null, "the last one counts");
  }
  t.equal(hashIn("{}"), null);
});

t.test("EventId gives many ids hashes of their own", async (t) => {
  const id = new EventId("id");
  const hashes = new Set<bigint>();
  const low = new Set<number>();
  for (let i = 0; i < 100_000; i++) {
    for (const text of [`{"id":${i}}`, `{"id":"trip-${i}-0000"}`]) {
      const bytes = Buffer.from(text);
      id.find(bytes, 0, bytes.length);
      hashes.add((BigInt(id.word0) << 32n) | BigInt(id.word1));
      low.add(id.word0 & 0xfff);
    }
  }
  t.equal(hashes.size, 200_000);
  t.equal(low.size, 4_096, "the bits that choose a slot are spread");
});

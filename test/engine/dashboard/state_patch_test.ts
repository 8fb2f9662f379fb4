import fc from "fast-check";
import t from "tap";
import {
  type Json,
  type Patch,
  patched,
  patchText,
} from "../../../engine/dashboard/state_patch.ts";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** Through the wire, where -0 becomes 0 and undefined is nothing. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What a page makes of a patch's text. */
function patchOf(before: Json, after: Json): Patch | undefined {
  const text = patchText(before, after);
  return text === "" ? undefined : (JSON.parse(text) as Patch);
}

/** A value and one that has much in common with it. */
const twoAlike = json.chain((value) =>
  fc
    .tuple(fc.constant(value), json)
    .chain(([one, other]) =>
      fc.tuple(
        fc.constant(sent(one)),
        fc.constantFrom(
          sent(other),
          sent([one, other]),
          sent({ one, other, same: 1 }),
        ),
        fc.constantFrom(sent([one, one]), sent({ one, gone: other, same: 1 })),
      ),
    ),
);

t.test("patched() by patchText() gives the new value", async (t) => {
  fc.assert(
    fc.property(twoAlike, ([first, second, third]) => {
      for (const [before, after] of [
        [first, second],
        [second, third],
        [third, first],
      ] as const) {
        t.strictSame(patched(before, patchOf(before, after)), after);
        t.equal(patchText(after, sent(after)), "");
      }
    }),
  );
});

t.test("only what has changed is in a patch", async (t) => {
  const before = { a: 1, b: [{ n: 1 }, { n: 2 }], c: { x: 1, y: 2 }, d: 4 };
  const after = { a: 1, b: [{ n: 1 }, { n: 3 }], c: { x: 1 }, e: null };
  t.strictSame(patchOf(before, after), {
    d: 0,
    b: { 1: { n: 3 } },
    c: { y: 0 },
    e: [null],
  });
});

t.test(
  "numbers stand for themselves, but for 0, which takes away",
  async (t) => {
    t.equal(patchText({ a: 1, b: 2 }, { a: 0, b: -3 }), '{"a":[0],"b":-3}');
    t.equal(patchText({ a: 1 }, { a: Number.NaN }), '{"a":[null]}');
  },
);

t.test("a list of another length is sent whole", async (t) => {
  t.strictSame(patchOf([1, 2], [1, 2, 3]), [[1, 2, 3]]);
});

t.test("a value is not altered", async (t) => {
  const before = Object.freeze({ a: Object.freeze({ b: 1 }) });
  t.strictSame(patched(before, { a: { b: [2] } }), { a: { b: 2 } });
  t.strictSame(before, { a: { b: 1 } });
});

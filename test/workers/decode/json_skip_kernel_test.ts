import fc from "fast-check";
import t from "tap";
import {
  skipSpace,
  skipValue,
} from "../../../workers/decode/json_skip_kernel.ts";
import { NESTING_MAX } from "../../../workers/decode/limits.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the whole text is one value, white space around it aside. */
function isSkipped(bytes: Buffer): boolean {
  const start = skipSpace(bytes, 0, bytes.length);
  const after = skipValue(bytes, start, bytes.length);
  return after >= 0 && skipSpace(bytes, after, bytes.length) === bytes.length;
}

function agree(bytes: Buffer): boolean {
  return isSkipped(bytes) === isJson(bytes.toString());
}

const json = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc
    .json({ maxDepth: 4 })
    .map((text) => JSON.stringify(JSON.parse(text), null, "\t")),
);

t.test("skipValue() takes what JSON.parse takes", async (t) => {
  fc.assert(
    fc.property(json, (text) => isSkipped(Buffer.from(text))),
    { numRuns: 3_000 },
  );
  for (const text of [
    "[]",
    "{}",
    "[[]]",
    '{"":{}}',
    " [ 1 , { } ] ",
    '"\\u00eF"',
  ]) {
    t.ok(isSkipped(Buffer.from(text)), text);
  }
});

t.test("skipValue() agrees on changed texts", async () => {
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(...Buffer.from('{}[],:"\\0-.eE tfnu\n')),
  );
  fc.assert(
    fc.property(
      json,
      fc.array(fc.tuple(fc.nat(200), byte, fc.boolean()), {
        minLength: 1,
        maxLength: 3,
      }),
      (text, changes) => {
        let bytes = Buffer.from(text);
        for (const [at, value, inserts] of changes) {
          const index = at % (bytes.length + 1);
          bytes = Buffer.concat([
            bytes.subarray(0, index),
            Buffer.from([value]),
            bytes.subarray(inserts ? index : index + 1),
          ]);
        }
        return agree(bytes);
      },
    ),
    { numRuns: 20_000 },
  );
});

t.test("skipValue() agrees on short texts of JSON's characters", async (t) => {
  const characters = [...'{}[],:"\\1-.e u'];
  let texts = [""];
  for (let length = 1; length <= 4; length++) {
    texts = texts.flatMap((text) => characters.map((one) => text + one));
    for (const text of texts) {
      if (!agree(Buffer.from(text))) t.fail(text);
    }
  }
});

t.test("skipValue() leaves deep nesting to JSON.parse", async (t) => {
  const nested = (depth: number) =>
    Buffer.from("[".repeat(depth) + "]".repeat(depth));
  t.ok(isSkipped(nested(NESTING_MAX)));
  t.notOk(isSkipped(nested(NESTING_MAX + 1)));
  t.notOk(isSkipped(nested(100_000)));
});

t.test("skipValue() stays inside the record", async (t) => {
  const bytes = Buffer.from('{"a":[1.5e10,"b\\u0041",true,null]}');
  for (let end = 0; end < bytes.length; end++) {
    t.equal(skipValue(bytes, 0, end), -1, `${end}`);
  }
});

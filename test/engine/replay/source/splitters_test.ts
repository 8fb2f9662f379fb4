/**
 * Where texts begin and end. Goal: no byte of an event is lost or joined to
 * another's, however the input is cut. Method: arbitrary JSON and rows against
 * JSON.parse and csv-parse, in arbitrary pieces.
 */
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import t from "tap";
import { JsonTextSplitter } from "../../../../engine/replay/source/json_text_kernel.ts";
import { LineSplitter } from "../../../../engine/replay/source/line_splitter.ts";
import { rowFields } from "../../../../engine/replay/source/row_fields.ts";
import { RowSplitter } from "../../../../engine/replay/source/row_splitter.ts";
import type { Splitter } from "../../../../engine/replay/source/splitter.ts";
import { textBlocks } from "../../../../engine/replay/source/text_blocks.ts";

async function* pieces(bytes: Buffer, lengths: readonly number[]) {
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

/** Texts as a splitter finds them when it sees the input piece by piece. */
function texts(splitter: Splitter, input: string, lengths = [1_000]): string[] {
  const bytes = Buffer.from(input);
  const found: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const end = start + (lengths[i % lengths.length] ?? 1);
    const piece = Buffer.concat([rest, bytes.subarray(start, end)]);
    const tail = splitter.split(piece, piece.length, (from, to) => {
      found.push(piece.toString("utf8", from, to));
    });
    rest = piece.subarray(tail);
    start = end;
  }
  if (rest.length > 0) found.push(rest.toString());
  return found;
}

const LENGTHS = fc.array(fc.integer({ min: 1, max: 40 }), {
  minLength: 1,
  maxLength: 12,
});
const OBJECT = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 });
const BLANK = fc.constantFrom("", "", " ", "\n", "\r\n", "\t \n", ",", ",\n");

t.test("glued objects come out one by one, however they are cut", async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(OBJECT, BLANK, fc.constantFrom(0, 2)), {
        minLength: 1,
      }),
      LENGTHS,
      (parts, lengths) => {
        const input = parts
          .map(
            ([value, blank, indent]) =>
              JSON.stringify(value, null, indent) + blank,
          )
          .join("");
        const found = texts(new JsonTextSplitter(), input, lengths);
        assert.deepEqual(
          found.map((text): unknown => JSON.parse(text)),
          parts.map(([value]): unknown => JSON.parse(JSON.stringify(value))),
        );
      },
    ),
    { numRuns: 150 },
  );
});

t.test("an array of objects is read as its objects", async (t) => {
  const found = texts(new JsonTextSplitter(), '[{"a":1},\n {"b":[{}]}]\n', [3]);
  t.strictSame(found, ['{"a":1}', '{"b":[{}]}']);
});

t.test("what is broken costs no more than what is next to it", async (t) => {
  const good = (n: number) => `{"n":${n},"s":"a{b\\"}"}`;
  const broken: readonly (readonly [string, string])[] = [
    ["cut inside", '{"n":1,"o":{"p":1'],
    ["cut behind a colon", '{"n":1,"o":'],
    ["cut in a string before a line feed", '{"n":1,"o":"abc\n'],
    ["no JSON", "garbage 17 "],
    ["a closing brace too many", "}}"],
    ["a string that nobody opened", '{"n":1"o"'],
    ["binary", "\u0000\u0001\ufffd\n"],
  ];
  for (const [what, text] of broken) {
    const input = `${good(1)}${good(2)}${text}${good(3)}${good(4)}${good(5)}`;
    for (const lengths of [[1], [7], [1_000]]) {
      const found = texts(new JsonTextSplitter(), input, lengths);
      t.equal(
        found.join("").replaceAll("\n", ""),
        input.replaceAll("\n", ""),
        `${what}: all kept`,
      );
      t.strictSame(found.slice(0, 2), [good(1), good(2)], what);
      t.strictSame(found.slice(-2), [good(4), good(5)], what);
    }
  }
});

t.test(
  "lines come out with their line feeds, however they are cut",
  async () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30 })),
        LENGTHS,
        (lines, lengths) => {
          const input = lines.join("\n");
          const found = texts(new LineSplitter(), input, lengths);
          assert.equal(found.join(""), Buffer.from(input).toString());
          assert.ok(
            found.slice(0, -1).every((line) => /^[^\n]*\n$/.test(line)),
          );
        },
      ),
      { numRuns: 100 },
    );
  },
);

const FIELD = fc.oneof(
  fc.stringMatching(/^[a-z0-9 .:-]{0,12}$/),
  fc.stringMatching(/^["a,\n\r ü;]{0,8}$/),
);

t.test("rows and fields are those of csv-parse", async () => {
  const quoted = (field: string) =>
    /[",;\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  fc.assert(
    fc.property(
      fc.array(fc.array(FIELD, { minLength: 2, maxLength: 5 }), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.constantFrom(",", ";"),
      LENGTHS,
      (rows, separator, lengths) => {
        const input = `${rows.map((row) => row.map(quoted).join(separator)).join("\n")}\n`;
        const found = texts(new RowSplitter(separator), input, lengths);
        assert.deepEqual(
          found.map((row) => rowFields(row, separator)),
          parse(input, {
            delimiter: separator,
            relaxColumnCount: true,
            recordDelimiter: "\n",
          }),
        );
      },
    ),
    { numRuns: 150 },
  );
});

t.test("a quote that nobody closes costs its own line only", async (t) => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `${i},b ${i}\n`);
  rows[3] = '3,"oh\n';
  const found = texts(new RowSplitter(","), rows.join(""), [100_000]);
  t.equal(found.length, rows.length);
  t.strictSame(found, rows);
});

t.test(
  "a text that is too long is cut, and what follows is read",
  async (t) => {
    const long = "x".repeat(17 * 1024 * 1024);
    const input = Buffer.from(`a\n${long}\nb\n`);
    const lines: string[] = [];
    let offset = 5;
    for await (const block of textBlocks(
      pieces(input, [300_000]),
      new LineSplitter(),
      5,
    )) {
      t.equal(block.offset, offset);
      block.starts.forEach((start, i) => {
        lines.push(block.bytes.toString("latin1", start, block.ends[i]));
      });
      offset = block.offset + (block.ends.at(-1) ?? 0);
    }
    t.equal(offset, 5 + input.length);
    t.strictSame(
      lines.map((line) => line.length),
      [2, 16 * 1024 * 1024, 1024 * 1024 + 1, 2],
    );
  },
);

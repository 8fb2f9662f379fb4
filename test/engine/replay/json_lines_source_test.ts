/** JSON-lines sources: files of this test's making, plain and gzip. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { openSource } from "../../../engine/replay/open_source.ts";
import { fileInputs } from "../../../engine/replay/source/file_part.ts";

function trip(second: number, more = ""): string {
  const time = new Date(1_451_606_400_000 + second * 1_000).toISOString();
  return `{"type":"trip","dropoff_datetime":"${time}"${more}}`;
}

const LINES = [
  `${trip(1)}\n`,
  '{"type":"watermark","watermark":"2016-01-01T00:00:00.000Z"}\n',
  "\n",
  "  \r\n",
  '{"type":"trip","dropoff_datetime":"2016-01-01T00:00\n',
  "\u0000\u0001\ufffd\n",
  "[1,2]\n",
  "null\n",
  '{"type":"trip","dropoff_datetime":17}\n',
  '{"type":"trip","dropoff_datetime":"2016-02-30T00:00:00Z"}\n',
  `${trip(3, ',"note":"straße \\n"')}\r\n`,
  ` ${trip(2, ',"nested":{"type":"watermark"}')} \n`,
  '{"dropoff_datetime":"2016-01-01 00:00:04.5+00:30"}\n',
  trip(5),
];

const EXPECTED: readonly (readonly [number, string])[] = [
  [1_000, LINES[0] ?? ""],
  [3_000, LINES[10] ?? ""],
  [2_000, LINES[11] ?? ""],
  [4_500 - 1_800_000, LINES[12] ?? ""],
  [5_000, LINES[13] ?? ""],
];

for (const packing of ["plain", "gzip"] as const) {
  t.test(`lines go as they are, ${packing}`, async (t) => {
    const text = LINES.join("");
    const path = join(
      t.testdir(),
      packing === "gzip" ? "a.jsonl.gz" : "a.jsonl",
    );
    writeFileSync(path, packing === "gzip" ? gzipSync(text) : text);
    const source = openSource(await fileInputs([path, path]));
    const found: [number, string][] = [];
    for await (const { bytes, count, starts, ends, timesMs } of source.read()) {
      for (let i = 0; i < count; i++) {
        const timeMs = (timesMs[i] ?? 0) - 1_451_606_400_000;
        found.push([timeMs, bytes.toString("utf8", starts[i], ends[i])]);
      }
    }
    t.strictSame(found, [...EXPECTED, ...EXPECTED]);
    t.strictSame(source.counts, { unparsable: 12, watermarks: 2 });
    t.equal(source.isOrdered, false);
  });
}

t.test("a missing file is one line that names it", async (t) => {
  await t.rejects(fileInputs(["no/such.jsonl"]), {
    code: "FD_SOURCE",
    message: /no\/such\.jsonl/,
  });
});

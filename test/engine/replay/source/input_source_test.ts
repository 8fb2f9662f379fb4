/**
 * The source over files. Goal: whatever the format and the packing, the same
 * events come out; a start at a time or a place gives the very events that
 * reading all and leaving out would. Method: files of this test's making.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import type { SourcePosition } from "../../../../engine/replay/event_chunk.ts";
import {
  type OpenSourceOptions,
  openSource,
} from "../../../../engine/replay/open_source.ts";
import { fileInputs } from "../../../../engine/replay/source/file_part.ts";
import type { Inputs } from "../../../../engine/replay/source/input_part.ts";
import { streamInputs } from "../../../../engine/replay/source/stream_part.ts";
import { DeadLetterFile } from "../../../../engine/sink/dead_letters.ts";
import { chunkPositions, readSource } from "./read_source.ts";

const START_MS = Date.UTC(2016, 0, 1);

/** A line; times go up by a second, with neighbours swapped. */
function line(i: number): string {
  const timeMs = START_MS + (i ^ 1) * 1_000;
  return `{"trip_id":${i},"dropoff_datetime":"${new Date(timeMs).toISOString()}","pad":"${"x".repeat(i % 90)}"}\n`;
}

function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => line(from + i));
}

interface FileSpec {
  readonly name: string;
  readonly bytes: string | Buffer;
}

async function source(
  t: Test,
  files: readonly FileSpec[],
  options: OpenSourceOptions = {},
) {
  const folder = t.testdir();
  const paths = files.map(({ name, bytes }) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
  return openSource(await fileInputs(paths), options);
}

const timeOf = (i: number) => START_MS + i * 1_000;

/** Three files with events 0 to 10,000, and one with none between them. */
function parts(
  pack: (text: string) => string | Buffer,
  ending = "",
): FileSpec[] {
  const file = (name: string, texts: readonly string[]) => ({
    name: `${name}.jsonl${ending}`,
    bytes: pack(texts.join("")),
  });
  return [
    file("a", lines(0, 4_000)),
    file("b", ["\n", "nothing\n"]),
    file("c", lines(4_000, 7_000)),
    file("d", lines(7_000, 10_000)),
  ];
}

for (const [what, files] of [
  ["plain", parts((text) => text)],
  ["gzip under any name", parts((text) => gzipSync(text))],
  ["glued", parts((text) => text.replaceAll("}\n", "}"), ".glued")],
] as const) {
  t.test(`a time is found in files, ${what}`, async (t) => {
    const opened = await source(t, files);
    const all = await readSource(opened);
    t.equal(all.length, 10_000);
    t.equal(opened.counts.unparsable, 1);
    const { readBytes, totalBytes } = opened.progress;
    t.equal(readBytes, totalBytes);
    for (const i of [0, 1, 2_000, 3_999, 4_000, 5_001, 9_999, 10_000]) {
      const timeMs = timeOf(i);
      const found = await readSource(opened, { timeMs });
      const expected = all.filter((event) => event.timeMs >= timeMs);
      t.equal(found.length, expected.length, `${i}`);
      t.strictSame(found[0], expected[0]);
      t.strictSame(found.at(-1), expected.at(-1));
    }
  });

  t.test(`reading goes on at any place, ${what}`, async (t) => {
    const opened = await source(t, files);
    const all = await readSource(opened);
    const timeMs = timeOf(1_000);
    for (const start of [{}, { timeMs }]) {
      const wanted = all.filter((event) => event.timeMs >= (start.timeMs ?? 0));
      const chunks = await chunkPositions(opened, start);
      let before = 0;
      for (const [i, { position, count }] of chunks.entries()) {
        t.equal(position.ordinal, before);
        if (i % 3 === 0) {
          const skipEvents = Math.min(i % 5, count);
          const rest = await readSource(opened, {
            ...start,
            position,
            skipEvents,
          });
          t.equal(rest.length, wanted.length - before - skipEvents);
          t.strictSame(rest[0], wanted[before + skipEvents]);
        }
        before += count;
      }
    }
  });
}

t.test("a seek into plain files reads little of them", async (t) => {
  const folder = t.testdir();
  const paths = Array.from({ length: 16 }, (_, i) => {
    const path = join(folder, `${String(i).padStart(2, "0")}.jsonl`);
    writeFileSync(path, lines(i * 10_000, (i + 1) * 10_000).join(""));
    return path;
  });
  const inputs = await fileInputs(paths);
  let readBytes = 0;
  const counted: Inputs = {
    ...inputs,
    parts: inputs.parts.map((part) => ({
      ...part,
      open: async function* (range) {
        for await (const bytes of part.open(range)) {
          readBytes += bytes.length;
          yield bytes;
        }
      },
    })),
  };
  const opened = openSource(counted);
  const timeMs = timeOf(87_654);
  for await (const chunk of opened.read({ timeMs })) {
    t.equal(chunk.timesMs[0], timeMs + 1_000, "its neighbour comes first");
    break;
  }
  const { totalBytes = 0 } = opened.progress;
  t.ok(readBytes < 6_000_000, `${readBytes} of ${totalBytes} bytes`);
  t.ok(totalBytes > 15_000_000);
});

t.test("a time is found far inside a large file", async (t) => {
  const count = 80_000;
  const bytes = lines(0, count).join("");
  t.ok(bytes.length > 8_000_000, "many times what is read before the place");
  const opened = await source(t, [{ name: "a.jsonl", bytes }]);
  for (const index of [20_000, 41_234, 60_001, count - 2]) {
    const timeMs = timeOf(index);
    let first: number | undefined;
    for await (const chunk of opened.read({ timeMs })) {
      first = chunk.timesMs[0];
      break;
    }
    // Of two neighbours the later one comes first.
    t.equal(first, timeOf(index | 1), `event ${index}`);
  }
});

t.test(
  "a place in another source, or in a changed file, is refused",
  async (t) => {
    const opened = await source(t, [{ name: "a.jsonl", bytes: line(1) }]);
    const [chunk] = await chunkPositions(opened);
    const position = chunk?.position as SourcePosition;
    await t.rejects(
      readSource(opened, { position: { ...position, part: "b" } }),
      {
        code: "FD_SOURCE",
        message: /in "b" as it is no part of/,
      },
    );
    writeFileSync(position.part, line(1) + line(2));
    const changed = openSource(await fileInputs([position.part]));
    await t.rejects(readSource(changed, { position }), {
      code: "FD_SOURCE",
      message: /has changed \(\d+ bytes of .*, was \d+ bytes of/,
    });
  },
);

t.test("standard input is read once", async (t) => {
  const text = lines(0, 3_000).join("");
  const chunks = [text.slice(0, 1_000), text.slice(1_000)].map((one) =>
    Buffer.from(one),
  );
  const opened = openSource(streamInputs(Readable.from(chunks)));
  t.equal(opened.isRepeatable, false);
  t.equal(opened.progress.totalBytes, undefined);
  const found = await readSource(opened, { timeMs: timeOf(10) });
  t.equal(found.length, 2_990);
  await t.rejects(readSource(opened), {
    code: "FD_SOURCE",
    message: /standard input a second time/,
  });
});

t.test("lines that are no events go to the dead letters", async (t) => {
  const bad = [
    "no JSON\n",
    "[1]\n",
    '{"dropoff_datetime":"soon"}\n',
    '{"a":1}\n',
  ];
  const watermark = '{"type":"watermark","watermark":"2016-01-01T00:00:00Z"}\n';
  const text = [line(0), ...bad, watermark, line(1)].join("");
  const path = join(t.testdir(), "letters.ndjson");
  const deadLetters = await DeadLetterFile.open(path);
  const opened = await source(t, [{ name: "a.jsonl", bytes: text }], {
    deadLetters,
  });
  t.equal((await readSource(opened)).length, 2);
  t.strictSame(opened.counts, { unparsable: 4, watermarks: 1 });
  await deadLetters.close();
  const letters = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((one) => JSON.parse(one) as Record<string, string>);
  t.strictSame(
    letters.map(({ reason, bytes = "" }) => [
      reason,
      Buffer.from(bytes, "base64").toString(),
    ]),
    ["not_json", "no_object", "no_time", "no_time"].map((reason, i) => [
      reason,
      bad[i],
    ]),
  );
  t.match(letters[0]?.["shard"], /a\.jsonl$/);
  t.equal(letters[1]?.["sequence"], String(line(0).length + 8));
});

t.test("the event time's field may lie inside others", async (t) => {
  const text = [
    '{"a":{"b":{"t":1451606400000}}}\n',
    '{"a.b.t":1451606401000,"a":{"b":{"t":7}}}\n',
    '{"a":{"b":[1]}}\n',
    '{"a":null}\n',
  ];
  const files = [{ name: "a.jsonl", bytes: text.join("") }];
  const opened = await source(t, files, {
    timestampField: "a.b.t",
    timestamps: { format: "epoch-ms" },
  });
  t.strictSame(await readSource(opened), [
    { line: text[0], timeMs: START_MS },
    { line: text[1], timeMs: START_MS + 1_000 },
  ]);
  t.equal(opened.counts.unparsable, 2);
});

t.test("a format is told by what is in the file", async (t) => {
  const event = line(4).trimEnd();
  const table = "id,dropoff_datetime\n1,2016-01-01 00:00:05\n";
  for (const [name, bytes, count] of [
    ["a", `${event}\n${event}\n`, 2],
    ["b", `${event}${event}`, 2],
    ["c", `${event} ${event}\n`, 2],
    ["d", `[\n${event},\n${event}\n]\n`, 2],
    ["e", JSON.stringify(JSON.parse(event), null, 2), 1],
    ["f", `\ufeff${event}\n`, 1],
    ["g", `\ufeff${table}`, 1],
    ["h.gz", gzipSync(table), 1],
    ["i.csv", table.replaceAll(",", ";"), 1],
    ["j", "", 0],
    ["k.jsonl", `a,b\n${event}\n`, 1],
  ] as const) {
    const opened = await source(t, [{ name, bytes }], {
      timestampField: "dropoff_datetime",
    });
    t.equal((await readSource(opened)).length, count, name);
  }
});

t.test("a damaged file is one line that names it", async (t) => {
  const bytes = gzipSync(lines(0, 1_000).join(""));
  const cut = bytes.subarray(0, bytes.length / 2);
  const opened = await source(t, [{ name: "a.gz", bytes: cut }]);
  await t.rejects(readSource(opened), {
    code: "FD_SOURCE",
    message: /^Cannot read ".*a\.gz": it ends too early: it was cut off$/,
  });
});

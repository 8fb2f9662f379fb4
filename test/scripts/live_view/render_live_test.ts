import { stripVTControlCharacters } from "node:util";
import * as fc from "fast-check";
import t from "tap";
import { renderLive } from "../../../scripts/live_view/render_live.ts";
import { sampleStatus } from "../../engine/status/sample_status.ts";

t.test(
  "renderLive() shows every figure that the command promises",
  async (t) => {
    const text = renderLive(sampleStatus(), {
      columns: 80,
      url: "http://127.0.0.1:8787",
    });
    for (const part of [
      "flagdrop 0.1.0 · kinesis:taxi · running 01:05",
      "http://127.0.0.1:8787",
      "events/s   23,104",
      "lag        0.4 s",
      "watermark  Sun 2016-01-03 11:50",
      "worker 0    38 % busy ███████▋",
      "windows    412",
      "documents  180,233 (233 on their way)",
      "filtered   60,001",
      "dead, late 950, 40",
      "  1 shard, 600,000 events",
      "pickups by cell, window to 2016-01-03 11:50",
      "JFK   41.2",
      "LGA   23.9",
    ]) {
      t.match(text, part);
    }
  },
);

t.test("renderLive() draws bars to scale", async (t) => {
  const text = renderLive(sampleStatus(), { columns: 80 });
  const lengthOf = (name: string) =>
    [...(new RegExp(`${name} +(█+)`).exec(text)?.[1] ?? "")].length;
  t.ok(lengthOf("dr5ru7") > 30);
  t.equal(Math.round(lengthOf("dr5ru7") / lengthOf("dr5rsn")), 2);
});

t.test("renderLive() fits any terminal", async () => {
  const size = fc.record({
    columns: fc.integer({ min: 2, max: 300 }),
    rows: fc.integer({ min: 2, max: 80 }),
    hasColours: fc.boolean(),
    url: fc.option(fc.constant("http://127.0.0.1:8787"), { nil: undefined }),
  });
  await fc.assert(
    fc.property(size, (viewport) => {
      const text = stripVTControlCharacters(
        renderLive(sampleStatus(), viewport),
      );
      const lines = text.split("\n");
      return (
        lines.length < viewport.rows &&
        lines.every((line) => line.length < viewport.columns)
      );
    }),
  );
});

t.test(
  "renderLive() colours only when told to, and changes nothing else",
  async (t) => {
    const viewport = { columns: 80, rows: 30 };
    const plain = renderLive(sampleStatus(), viewport);
    const coloured = renderLive(sampleStatus(), {
      ...viewport,
      hasColours: true,
    });
    t.notMatch(plain, "\u001b");
    t.match(coloured, "\u001b[1m");
    const trimmed = stripVTControlCharacters(coloured).replaceAll(/ +$/gm, "");
    t.equal(trimmed, plain);
  },
);

t.test("renderLive() shows a run that has read nothing yet", async (t) => {
  const text = renderLive(
    sampleStatus({
      state: "starting",
      watermarkMs: null,
      latest: [],
      workers: [],
      sinks: [],
      shards: [],
    }),
    { columns: 80 },
  );
  t.match(text, "starting");
  t.match(text, "watermark  none yet");
});

t.test(
  "renderLive() shows other jobs under their queries' names",
  async (t) => {
    const text = renderLive(
      sampleStatus({
        latest: [
          {
            query: "ship_calls",
            timestampMs: 0,
            documents: 1,
            top: [{ key: { port: "HAM", kind: "tanker" }, count: 3 }],
            averageByZone: {},
          },
        ],
      }),
      { columns: 80 },
    );
    t.match(text, "ship calls, window to 1970-01-01 00:00");
    t.match(text, "HAM tanker");
  },
);

t.test("renderLive() cuts a long source, not what comes after", async (t) => {
  const source = `file:/data/${"deep/".repeat(40)}trips.jsonl`;
  const [head] = renderLive(sampleStatus({ source }), { columns: 80 }).split(
    "\n",
  );
  t.match(head, /^flagdrop 0\.1\.0 · ….*\/trips\.jsonl · running 01:05$/);
});

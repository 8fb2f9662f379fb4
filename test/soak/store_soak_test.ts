/**
 * Goal: endless upserts cost nothing but time: file and memory stay flat.
 * Method: write the same ids over and over with other values, and take file
 * (with its log) and resident memory after every tenth of the work. The closed
 * file must be no larger than three times that of a store written once, the
 * open one by no more than its log; memory may not grow from the first to the second
 * half. With FLAGDROP_LONG=1 three million writes over 50,000 ids, and then 40
 * days of event time of which 4 are kept; else a small sample.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DuckdbSink } from "../../engine/sink/duckdb_sink.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";
import { readStore } from "../engine/sink/read_store.ts";
import { TAXI } from "../engine/sink/windows.ts";

const IS_LONG = process.env["FLAGDROP_LONG"] === "1";
const WINDOW_MS = 600_000;
const DAY_MS = 86_400_000;
/** The log is cut at 16 MB, after the write that fills it. */
const LOG_BYTES_MAX = 20e6;
/** What the collectors of two runtimes leave lying about. */
const RSS_SLACK_BYTES = 64e6;

const query = TAXI.queries[0]!;

function windowAt(index: number, rowCount: number, value: number): FiredWindow {
  const windowStartMs = index * WINDOW_MS;
  return {
    query,
    windowStartMs,
    timestampMs: windowStartMs + WINDOW_MS - 1,
    rowCount,
    word0: Uint32Array.from({ length: rowCount }, (_, i) => i * 769),
    word1: new Uint32Array(rowCount),
    counts: new Float64Array(rowCount).fill(value),
    accumulators: [],
  };
}

interface Writes {
  readonly file: string;
  readonly writes: number;
  readonly windows: (write: number) => FiredWindow[];
  readonly retentionMs?: number;
}

interface Sizes {
  /** Of file and log, after every tenth. */
  readonly openBytes: readonly number[];
  readonly rssBytes: readonly number[];
  readonly closedBytes: number;
  readonly documents: number;
}

/** Writes everything to a store and takes sizes on the way. */
async function soak(options: Writes): Promise<Sizes> {
  const { file, writes, windows, retentionMs } = options;
  const openBytes: number[] = [];
  const rssBytes: number[] = [];
  const sink = new DuckdbSink({ file, plan: TAXI, retentionMs });
  await sink.open();
  for (let write = 0; write < writes; write++) {
    await sink.write(windows(write));
    if ((write + 1) % Math.floor(writes / 10) > 0) continue;
    const log = statSync(`${file}.wal`, { throwIfNoEntry: false })?.size ?? 0;
    openBytes.push(statSync(file).size + log);
    rssBytes.push(process.memoryUsage.rss());
  }
  await sink.close();
  return {
    openBytes,
    rssBytes,
    closedBytes: statSync(file).size,
    documents: sink.stats().documents,
  };
}

const shown = (sizes: readonly number[]) =>
  sizes.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ");

/** What is wrong with the sizes of a long run against those of a short one. */
function growth(long: Sizes, once: Sizes): string[] {
  const { openBytes, rssBytes, closedBytes } = long;
  const allowed = 3 * once.closedBytes;
  const found: string[] = [];
  if (closedBytes > allowed) found.push(`closed ${shown([closedBytes])}`);
  if (Math.max(...openBytes) > allowed + LOG_BYTES_MAX) {
    found.push(`open ${shown(openBytes)}`);
  }
  const [first, second] = [rssBytes.slice(0, 5), rssBytes.slice(5)];
  if (Math.max(...second) - Math.max(...first) > RSS_SLACK_BYTES) {
    found.push(`RSS ${shown(rssBytes)}`);
  }
  return found;
}

t.test(
  "DuckdbSink stays flat when the same ids are written again and again",
  async (t) => {
    const folder = t.testdir();
    const ids = IS_LONG ? 50_000 : 5_000;
    const rounds = IS_LONG ? 60 : 12;
    const windows = (write: number) =>
      Array.from({ length: 5 }, (_, i) =>
        windowAt((write % 10) * 5 + i, ids / 50, 2 + write),
      );
    const once = await soak({
      file: join(folder, "once"),
      writes: 10,
      windows,
    });
    const file = join(folder, "again");
    const again = await soak({ file, writes: rounds * 10, windows });
    t.comment(
      `MB: once ${shown([once.closedBytes])}, open ${shown(again.openBytes)}, closed ${shown([again.closedBytes])}, RSS ${shown(again.rssBytes)}`,
    );
    t.strictSame(growth(again, once), []);
    t.equal(again.documents, ids * rounds);
    const rows = await readStore(
      file,
      "SELECT count(*) AS n, min(pickup_count) AS low FROM pickup_count",
    );
    t.strictSame(rows, [{ n: ids, low: 2 + rounds * 10 - 10 }]);
  },
);

t.test("DuckdbSink stays flat while days come and go", async (t) => {
  const folder = t.testdir();
  const days = IS_LONG ? 40 : 12;
  const rowCount = IS_LONG ? 500 : 20;
  const windows = (write: number) =>
    Array.from({ length: 12 }, (_, i) =>
      windowAt(write * 12 + i, rowCount, 2 + write),
    );
  const retentionMs = 4 * DAY_MS;
  const once = await soak({ file: join(folder, "once"), writes: 60, windows });
  const file = join(folder, "more");
  const more = await soak({ file, writes: days * 12, windows, retentionMs });
  t.comment(
    `MB: once ${shown([once.closedBytes])}, open ${shown(more.openBytes)}, closed ${shown([more.closedBytes])}, RSS ${shown(more.rssBytes)}`,
  );
  t.strictSame(growth(more, once), []);
  t.equal(more.documents, days * 144 * rowCount);
  const rows = await readStore(file, "SELECT count(*) AS n FROM pickup_count");
  t.strictSame(rows, [{ n: 5 * 144 * rowCount }]);
});

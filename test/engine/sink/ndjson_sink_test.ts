/**
 * Goal: a file sink replaces or continues its file, waits for slow outputs, and
 * tells each failure in one line with a remedy.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import t from "tap";
import { FlagdropError } from "../../../engine/errors.ts";
import { NdjsonSink } from "../../../engine/sink/ndjson_sink.ts";
import { expectedLines, fired, TAXI, type WindowSpec } from "./windows.ts";

const SPEC: WindowSpec = {
  queryIndex: 1,
  windowStartMs: 1451606400000,
  rows: [
    { key: ["dr5ru6", "JFK"], count: 2, accumulators: [81] },
    { key: ["dr5ru7", "LGA"], count: 4, accumulators: [99] },
  ],
};
const WINDOW = fired(TAXI, SPEC);
const TEXT = expectedLines(TAXI, SPEC)
  .map((line) => `${line}\n`)
  .join("");

async function failure(work: Promise<unknown>): Promise<FlagdropError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FlagdropError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

t.test("NdjsonSink replaces the file in a fresh run", async (t) => {
  const path = join(t.testdir({ "out.ndjson": "old\n" }), "out.ndjson");
  const sink = new NdjsonSink(TAXI, { type: "file", path });
  t.equal(sink.name, `ndjson:${path}`);
  await sink.open();
  await sink.write([WINDOW]);
  await sink.write([WINDOW]);
  await sink.sync();
  t.equal(readFileSync(path, "utf8"), TEXT + TEXT);
  t.equal(sink.lengthBytes, 2 * TEXT.length);
  t.strictSame(sink.stats(), {
    documents: 4,
    bytes: 2 * TEXT.length,
    retries: 0,
  });
  await sink.close();
  await sink.close();
});

t.test("NdjsonSink cuts a continued file to the given length", async (t) => {
  const path = join(t.testdir({ out: `${TEXT}{"half":` }), "out");
  const resumeAtBytes = TEXT.length;
  const sink = new NdjsonSink(TAXI, { type: "file", path, resumeAtBytes });
  await sink.open();
  t.equal(statSync(path).size, TEXT.length);
  t.equal(sink.lengthBytes, TEXT.length);
  await sink.write([WINDOW]);
  await sink.close();
  t.equal(readFileSync(path, "utf8"), TEXT + TEXT);
  t.equal(sink.stats().bytes, TEXT.length);
});

t.test("NdjsonSink refuses to continue a file that is too short", async (t) => {
  const path = join(t.testdir({ out: "abc" }), "out");
  const sink = new NdjsonSink(TAXI, { type: "file", path, resumeAtBytes: 4 });
  const error = await failure(sink.open());
  t.equal(
    error.message,
    `Cannot go on with "${path}" as it has 3 bytes where the checkpoint counts 4: put the file back or start without the checkpoint`,
  );
  t.equal(readFileSync(path, "utf8"), "abc");
});

t.test(
  "NdjsonSink names file, reason and remedy when it can't open",
  async (t) => {
    const folder = t.testdir({ file: "" });
    const opening = (path: string) =>
      failure(new NdjsonSink(TAXI, { type: "file", path }).open());
    const missing = await opening(join(folder, "no", "out"));
    t.equal(missing.code, "FD_SINK");
    t.equal(
      missing.message,
      `Cannot write results to "${join(folder, "no", "out")}" as its folder does not exist: create the folder or name another`,
    );
    t.match(
      (await opening(folder)).message,
      /as it is a folder: name a file in it$/,
    );
    t.match(
      (await opening(join(folder, "file", "out"))).message,
      /as its path goes through a file: name another path$/,
    );
    t.match(
      (await opening(join(folder, "x".repeat(300)))).message,
      /^Cannot write results to "[^"]+": ENAMETOOLONG/,
    );
  },
);

t.test("NdjsonSink tells of a full disk", async (t) => {
  const sink = new NdjsonSink(TAXI, { type: "file", path: "/dev/full" });
  await sink.open();
  await sink.sync();
  const error = await failure(sink.write([WINDOW]));
  t.equal(
    error.message,
    'Cannot write results to "/dev/full" as the disk is full: free some space or name a file elsewhere',
  );
  await sink.close();
});

t.test("NdjsonSink waits for a slow stream and never ends it", async (t) => {
  let text = "";
  let release = () => {};
  const stream = new Writable({
    write(chunk, _encoding, done) {
      release = () => {
        text += String(chunk);
        done();
      };
    },
  });
  const sink = new NdjsonSink(TAXI, { type: "stream", stream });
  t.equal(sink.name, "ndjson:-");
  await sink.open();
  let written = false;
  const writing = sink.write([WINDOW]).then(() => {
    written = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(written, "not before the stream has taken it");
  release();
  await writing;
  await sink.sync();
  await sink.close();
  t.equal(text, TEXT);
  t.notOk(stream.writableEnded);
  t.equal(stream.listenerCount("error"), 0);
});

t.test("NdjsonSink tells of a reader that has gone", async (t) => {
  const stream = new PassThrough();
  const sink = new NdjsonSink(TAXI, { type: "stream", stream });
  await sink.open();
  stream.destroy(Object.assign(new Error("gone"), { code: "EPIPE" }));
  await new Promise((resolve) => stream.once("close", resolve));
  const error = await failure(sink.write([WINDOW]));
  t.match(error.message, /^Cannot write results to standard output/);
  await sink.close();
});

t.test(
  "NdjsonSink overwrites its buffer only when a chunk has been taken",
  async (t) => {
    let text = "";
    let chunks = 0;
    const stream = new Writable({
      write(chunk, _encoding, done) {
        chunks++;
        setImmediate(() => {
          text += String(chunk);
          done();
        });
      },
    });
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      key: [`d${i.toString().padStart(5, "0")}`, "JFK"],
      count: i + 1,
      accumulators: [i],
    }));
    const big = fired(TAXI, { ...SPEC, rows });
    const sink = new NdjsonSink(TAXI, { type: "stream", stream });
    await sink.open();
    await sink.write([big, WINDOW]);
    await sink.close();
    t.ok(chunks > 5);
    t.strictSame(
      text.trimEnd().split("\n").sort(),
      [
        ...expectedLines(TAXI, { ...SPEC, rows }),
        ...expectedLines(TAXI, SPEC),
      ].sort(),
    );
  },
);

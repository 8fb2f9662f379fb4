/** Goal: sinks are made by name; a wrong name is told with the right ones. */
import { PassThrough } from "node:stream";
import t from "tap";
import { DuckdbSink } from "../../../engine/sink/duckdb_sink.ts";
import { NdjsonSink } from "../../../engine/sink/ndjson_sink.ts";
import { NoneSink } from "../../../engine/sink/none_sink.ts";
import {
  createSink,
  parseSink,
  parseSinks,
} from "../../../engine/sink/open_sink.ts";
import { TAXI } from "./windows.ts";

t.test("parseSink() takes names apart", (t) => {
  t.strictSame(parseSink("none"), { kind: "none" });
  t.strictSame(parseSink("ndjson:-"), { kind: "ndjson", path: "-" });
  t.strictSame(parseSink("ndjson:a:b"), { kind: "ndjson", path: "a:b" });
  t.strictSame(parseSink("duckdb:x.db"), { kind: "duckdb", path: "x.db" });
  t.end();
});

t.test("parseSink() lists the kinds when there is none by that name", (t) => {
  const kinds =
    "write duckdb:FILE, ndjson:FILE, ndjson:-, opensearch:URL or none";
  const wrong = {
    "kafka:x": `Cannot use "kafka:x" as a sink as there is no kind "kafka": ${kinds}`,
    "out.ndjson": `Cannot use "out.ndjson" as a sink as there is no kind "out.ndjson": ${kinds}`,
    "": `Cannot use "" as a sink as there is no kind "": ${kinds}`,
    "ndjson:": `Cannot use "ndjson:" as a sink as it names no file: ${kinds}`,
    ndjson: `Cannot use "ndjson" as a sink as it names no file: ${kinds}`,
    "duckdb:-": `Cannot use "duckdb:-" as a sink as it names no file: ${kinds}`,
    "none:": `Cannot use "none:" as a sink as there is no kind "none": ${kinds}`,
  };
  for (const [text, message] of Object.entries(wrong)) {
    t.throws(() => parseSink(text), { code: "FD_OPTION", message });
  }
  t.end();
});

t.test("parseSinks() refuses one place twice", (t) => {
  t.equal(parseSinks(["ndjson:a", "duckdb:b", "none", "ndjson:-"]).length, 4);
  t.throws(() => parseSinks(["ndjson:a", "none", "ndjson:./a"]), {
    code: "FD_OPTION",
    message: 'Cannot use "ndjson:./a" as a sink twice: name each place once',
  });
  t.end();
});

t.test("createSink() makes the sink that the address names", (t) => {
  const options = { plan: TAXI, stdout: new PassThrough() };
  t.ok(createSink({ kind: "none" }, options) instanceof NoneSink);
  const file = createSink({ kind: "ndjson", path: "a" }, options);
  t.ok(file instanceof NdjsonSink);
  t.equal(file.name, "ndjson:a");
  t.equal(createSink({ kind: "ndjson", path: "-" }, options).name, "ndjson:-");
  const store = createSink({ kind: "duckdb", path: "b" }, options);
  t.ok(store instanceof DuckdbSink);
  t.equal(store.name, "duckdb:b");
  t.end();
});

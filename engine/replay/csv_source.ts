/**
 * Events out of CSV files as the TLC publishes them, plain or gzip.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { checkFiles } from "../coordinator/block_reader.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import { ChunkBuilder } from "./chunk_builder.ts";
import { type CsvColumns, csvColumns } from "./csv_columns.ts";
import { csvEvent } from "./csv_event.ts";
import type { EventChunk, EventSource } from "./event_chunk.ts";
import { FILE_CHUNK_EVENTS } from "./limits.ts";

/** A row longer than this is no row, but a quote that nobody closed. */
const ROW_BYTES_MAX = 64 * 1024;

function sourceError(path: string, what: string, cause?: unknown) {
  return new FlagdropError(
    "FD_SOURCE",
    `Cannot read "${path}" as CSV: ${what}`,
    {
      domain: "user",
      cause,
    },
  );
}

/** The rows of one file, as arrays of texts. */
function rowsOf(path: string): AsyncIterable<string[]> {
  const parser = parse({
    relaxColumnCount: true,
    relaxQuotes: true,
    skipEmptyLines: true,
    maxRecordSize: ROW_BYTES_MAX,
  });
  // Errors of any part come out of the parser.
  const done = () => {};
  if (path.endsWith(".gz")) {
    pipeline(createReadStream(path), createGunzip(), parser, done);
  } else pipeline(createReadStream(path), parser, done);
  return parser;
}

/** The source. */
export class CsvSource implements EventSource {
  readonly name: string;
  readonly isOrdered = false;
  readonly isRepeatable = true;
  readonly progress = { readBytes: 0, totalBytes: undefined };
  readonly counts = { unparsable: 0, watermarks: 0 };
  readonly #paths: readonly string[];
  #tripId = 0;

  /** @param paths Read one after the other; each has a header. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.name = paths.join(", ");
  }

  async *read(): AsyncGenerator<EventChunk, void> {
    await checkFiles(this.#paths);
    for (const path of this.#paths) {
      try {
        yield* this.#chunksOf(path);
      } catch (error) {
        if (error instanceof FlagdropError) throw error;
        throw sourceError(path, errorLine(error), error);
      }
    }
  }

  async *#chunksOf(path: string): AsyncGenerator<EventChunk, void> {
    let columns: CsvColumns | undefined;
    const builder = new ChunkBuilder(FILE_CHUNK_EVENTS);
    let text = "";
    const position = () => {
      const ordinal = this.#tripId - builder.count;
      return { part: path, version: "", offset: ordinal, ordinal };
    };
    for await (const row of rowsOf(path)) {
      if (columns === undefined) {
        columns = csvColumns(row);
        if (columns !== undefined) continue;
        throw sourceError(
          path,
          "its header names no trips: it needs pickup_datetime, dropoff_datetime and the four coordinates",
        );
      }
      const event = csvEvent(row, columns, this.#tripId + 1);
      if (event === undefined) {
        this.counts.unparsable++;
        continue;
      }
      this.#tripId++;
      builder.add(text.length, text.length + event.line.length, event.timeMs);
      text += event.line;
      if (!builder.isFull) continue;
      yield builder.take(Buffer.from(text, "latin1"), position());
      text = "";
    }
    if (builder.count > 0)
      yield builder.take(Buffer.from(text, "latin1"), position());
  }
}

/**
 * The source that a command names.
 *
 * @module
 */
import { checkFiles } from "../coordinator/block_reader.ts";
import { CsvSource } from "./csv_source.ts";
import type { EventSource } from "./event_chunk.ts";
import type { FileFormat } from "./file_format.ts";
import { JsonLinesSource } from "./json_lines_source.ts";

/** Whether a name says CSV, compressed or not. */
function isCsv(path: string): boolean {
  return /\.csv(\.gz)?$/i.test(path);
}

/**
 * Opens files as one source.
 *
 * @param paths Read one after the other; all of one format.
 * @throws {FlagdropError} `FD_SOURCE` when one is missing.
 */
export async function openFileSource(
  paths: readonly string[],
  format: FileFormat = "auto",
): Promise<EventSource> {
  await checkFiles(paths);
  const asCsv = format === "auto" ? paths.some(isCsv) : format === "csv";
  return asCsv ? new CsvSource(paths) : new JsonLinesSource({ paths });
}

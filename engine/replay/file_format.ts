/**
 * How files of events are written.
 *
 * @module
 */

/** The formats that a user can ask for. */
export const FILE_FORMATS = [
  "auto",
  "jsonl",
  "glued",
  "csv",
  "parquet",
] as const;
/**
 * One of {@linkcode FILE_FORMATS}: JSON lines; JSON objects without line feeds
 * between them; a table. `auto` goes by what is in the file.
 */
export type FileFormat = (typeof FILE_FORMATS)[number];

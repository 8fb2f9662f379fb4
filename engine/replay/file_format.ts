/**
 * How files of events are read.
 *
 * @module
 */

/** The formats. */
export const FILE_FORMATS = ["auto", "jsonl", "csv"] as const;
/** One of {@linkcode FILE_FORMATS}; `auto` goes by the files' names. */
export type FileFormat = (typeof FILE_FORMATS)[number];

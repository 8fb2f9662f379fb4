/**
 * Limits of jobs and job files.
 *
 * @module
 */

/** Cells of one zone: far above any city's, and about 1 MiB of a plan. */
export const ZONE_CELLS_MAX = 100_000;

/** Bytes of a zone's name; documents are rendered with room for these. */
export const ZONE_NAME_BYTES_MAX = 64;

/**
 * A job file is read whole; this is far above any sensible one, even with all
 * its zones written as cells.
 */
export const JOB_BYTES_MAX = 16 * 1024 * 1024;

/** A file of zones is read whole; a country's districts are a tenth of it. */
export const ZONE_FILE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Cells of all zones of a job that come from files: each thread holds them and
 * their boxes, some tens of bytes a cell.
 */
export const JOB_CELLS_MAX = 400_000;

/**
 * Places where the edges of one polygon cross rows of cells, which bounds the
 * time (about a second) and memory that covering it takes.
 */
export const CROSSINGS_MAX = 4_000_000;

/** Zones that one entry of `zonesFrom` makes: as many as a key part tells apart. */
export const ZONES_FROM_MAX = 255;

/** Characters of a value that are quoted in a message. */
export const QUOTED_CHARACTERS_MAX = 60;

/** Problems of a job that are listed; the first ones are what matters. */
export const PROBLEMS_MAX = 100;

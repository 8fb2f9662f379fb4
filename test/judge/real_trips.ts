/**
 * The two files of real trips that lie beside the repository on some machines.
 * Their rows are not part of the project.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One of the files. */
export interface RealTrips {
  readonly name: string;
  readonly path: string;
}

const FOLDER = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** Both files, whether they are there or not. */
export const REAL_TRIPS: readonly RealTrips[] = [
  "yellow_2013-01-01_0000-0145.csv.gz",
  "yellow_green_2016-01_sample.csv.gz",
].map((name) => ({ name, path: `${FOLDER}${name}` }));

/** `false`, or why a test on this file is skipped. */
export function skipWithout({ name, path }: RealTrips): false | string {
  return existsSync(path) ? false : `${name} is not on this machine`;
}

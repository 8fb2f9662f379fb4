/**
 * Fits the trip generator to real trips:
 *
 * ```sh
 * npm run build && node dist/scripts/fit_generator.js FOLDER && npm run format
 * ```
 *
 * FOLDER holds `yellow_green_2016-01_sample.csv.gz`: 100,000 trips of January
 * 2016 out of the TLC trip records, one half yellow and one half green cabs.
 * Writes `engine/replay/city_figures.json`, which holds aggregates only.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { fitCity } from "./fit/fit_city.ts";
import { readTrips } from "./fit/fit_trips.ts";

const INPUT = "yellow_green_2016-01_sample.csv.gz";
const OUTPUT = "engine/replay/city_figures.json";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write(
    `Cannot fit the generator without data: name the folder that holds ${INPUT}\n`,
  );
  process.exitCode = 2;
} else {
  const csv = gunzipSync(await readFile(join(folder, INPUT)));
  const figures = fitCity(readTrips(csv));
  const text = `${JSON.stringify(figures, undefined, 2)}\n`;
  await writeFile(resolve(OUTPUT), text);
  process.stdout.write(`${OUTPUT}: ${text.length} bytes\n`);
}

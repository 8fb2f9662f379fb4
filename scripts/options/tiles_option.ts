/**
 * The address of raster tiles as an option value.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { tilesProblem } from "../../engine/dashboard/tiles_address.ts";

function tilesOption(text: string): string {
  const problem = tilesProblem(text);
  if (problem === undefined) return text;
  throw new InvalidArgumentError(
    `${problem}: write an address such as https://tiles.example/{z}/{x}/{y}.png`,
  );
}

/** Adds `--tiles` and what goes with it. */
export function addTilesOption(command: Command): Command {
  return command
    .option(
      "--tiles <url>",
      "raster tiles under the map's cells, with {z}, {x} and {y}; the page then asks that server (default: none)",
      tilesOption,
    )
    .option(
      "--tiles-attribution <text>",
      "what stands on the map about their source (default: known for OpenStreetMap, else the host)",
    );
}

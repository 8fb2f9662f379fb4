/**
 * The address of raster tiles for the map.
 *
 * @module
 */

/**
 * Checks an address such as `https://tiles.example/{z}/{x}/{y}.png`.
 *
 * @returns Why it can't be used, or `undefined` when it can.
 */
export function tilesProblem(address: string): string | undefined {
  if (!URL.canParse(address)) return "it is not an address";
  const { protocol, host, username } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") {
    return "it must begin with https:// or http://";
  }
  if (username !== "") return "everyone who sees the page would see its user";
  // Else the page could be made to ask anyone.
  if (/[{}]|%7b/i.test(host)) return "its host must be a plain name";
  const missing = ["{z}", "{x}", "{y}"].filter((one) => !address.includes(one));
  if (missing.length > 0) return `${missing.join(", ")} must stand in it`;
  return undefined;
}

/** What the owners of some tiles ask to be said beside them, by host. */
const CREDITS: readonly (readonly [host: RegExp, credit: string])[] = [
  [/(^|\.)openstreetmap\.(org|de|fr)$/, "© OpenStreetMap contributors"],
  [/(^|\.)opentopomap\.org$/, "© OpenStreetMap contributors, OpenTopoMap"],
  [/(^|\.)cartocdn\.com$/, "© OpenStreetMap contributors © CARTO"],
];

/**
 * What stands on the map of tiles: whom they come from.
 *
 * @param attribution What the user wants to stand there.
 */
export function tilesCredit(address: string, attribution?: string): string {
  if (attribution !== undefined) return attribution;
  const { hostname, host } = new URL(address);
  const [, known] = CREDITS.find(([name]) => name.test(hostname)) ?? [];
  return known ?? `map: ${host}`;
}

/**
 * How large the judged runs are: a seeded sample in `npm test`, everything
 * with `FLAGDROP_LONG=1`.
 *
 * @module
 */

/** Whether the whole matrix is asked for. */
const IS_LONG = process.env["FLAGDROP_LONG"] === "1";

/** Seed of the generated inputs; `FLAGDROP_SEED` makes other ones. */
export const SEED: number = Number(process.env["FLAGDROP_SEED"] ?? 20_160_101);

/**
 * Chooses by scale.
 *
 * @param quick For `npm test`.
 * @param long For `FLAGDROP_LONG=1`.
 */
export function byScale<T>(quick: T, long: T): T {
  return IS_LONG ? long : quick;
}

/**
 * Compact text for long columns of whole numbers in a JSON file: base 64 of
 * bytes, so that thousands of cells fit into a small data file.
 *
 * @module
 */

/** Factor between two neighbouring weights: a weight is kept to ±5 %. */
const WEIGHT_STEP = 1.1;
const WEIGHT_CODE_MAX = 255;

/** Bits of a variable-length number in one byte. */
const GROUP = 0x80;

/**
 * Encodes weights, one byte each, on a logarithmic scale.
 *
 * @param weights 0, or 1 and more; 0 stays exactly 0.
 */
export function encodeWeights(weights: readonly number[]): string {
  const codes = weights.map((weight) =>
    weight < 1
      ? Math.round(weight)
      : 1 + Math.round(Math.log(weight) / Math.log(WEIGHT_STEP)),
  );
  const tooLarge = codes.find((code) => code > WEIGHT_CODE_MAX);
  if (tooLarge !== undefined) {
    throw new RangeError(
      `Cannot encode a weight as its code must be at most ${WEIGHT_CODE_MAX}: current value is ${tooLarge}`,
    );
  }
  return Buffer.from(codes).toString("base64");
}

/** Decodes what {@linkcode encodeWeights} made. */
export function decodeWeights(text: string): Float64Array {
  return Float64Array.from(Buffer.from(text, "base64"), (code) =>
    code === 0 ? 0 : WEIGHT_STEP ** (code - 1),
  );
}

/**
 * Encodes ascending whole numbers by their differences.
 *
 * @param values Ascending, from 0 to 2^53 - 1.
 */
export function encodeAscending(values: readonly number[]): string {
  const bytes: number[] = [];
  let previous = 0;
  for (const value of values) {
    let rest = value - previous;
    if (!(rest >= 0)) {
      throw new RangeError(
        `Cannot encode ${value} after ${previous}: the values must ascend`,
      );
    }
    previous = value;
    while (rest >= GROUP) {
      bytes.push((rest % GROUP) + GROUP);
      rest = Math.floor(rest / GROUP);
    }
    bytes.push(rest);
  }
  return Buffer.from(bytes).toString("base64");
}

/** Decodes what {@linkcode encodeAscending} made. */
export function decodeAscending(text: string): Float64Array {
  const values: number[] = [];
  let previous = 0;
  let factor = 1;
  for (const byte of Buffer.from(text, "base64")) {
    previous += (byte % GROUP) * factor;
    if (byte >= GROUP) factor *= GROUP;
    else {
      values.push(previous);
      factor = 1;
    }
  }
  return Float64Array.from(values);
}

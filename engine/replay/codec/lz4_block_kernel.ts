// Hot path: one LZ4 block into a buffer that has the 64 KiB before it.
// Measured by the LZ4 case of perf/source_bench.ts; the test has lz4's own
// command as its reference.

const BROKEN = "a block is damaged";

/**
 * Decompresses a block.
 *
 * @param from The block.
 * @param into Where it goes; what is before `start` may be referred to.
 * @param start Where in `into`.
 * @returns Where it ends in `into`.
 */
export function decompressLz4Block(
  from: Uint8Array,
  into: Uint8Array,
  start: number,
): number {
  let i = 0;
  let o = start;
  while (i < from.length) {
    const token = from[i++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (i >= from.length) throw new Error(BROKEN);
        more = from[i++]!;
        literals += more;
      }
    }
    if (i + literals > from.length || o + literals > into.length) {
      throw new Error(BROKEN);
    }
    if (literals > 32) into.set(from.subarray(i, i + literals), o);
    else for (let k = 0; k < literals; k++) into[o + k] = from[i + k]!;
    i += literals;
    o += literals;
    // The last sequence has no match.
    if (i === from.length) break;
    if (i + 2 > from.length) throw new Error(BROKEN);
    const distance = from[i]! | (from[i + 1]! << 8);
    i += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      let more = 255;
      while (more === 255) {
        if (i >= from.length) throw new Error(BROKEN);
        more = from[i++]!;
        length += more;
      }
    }
    if (distance === 0 || distance > o || o + length > into.length) {
      throw new Error(BROKEN);
    }
    if (distance >= length && length > 32) {
      into.copyWithin(o, o - distance, o - distance + length);
    } else {
      // It may refer to what it writes itself.
      for (let k = 0; k < length; k++) into[o + k] = into[o + k - distance]!;
    }
    o += length;
  }
  return o;
}

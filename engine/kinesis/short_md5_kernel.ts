// Hot path: once for each distinct partition key of each aggregated record,
//   where a shard has only a part of the hash keys; often once an event.
// Avoids: node:crypto's cost of a call, 1.6 µs, which is ten times the hashing
//   of so short a text (RFC 1321, one block).
// Trick: keys of up to 55 bytes fit one block, so there is no state to keep;
//   the digest stays four numbers and never becomes an object.
// Gives up: keys above 55 bytes, which node:crypto hashes, and the rule of
//   at most three parameters.
// Bench: perf/wire_bench.ts, "KPL, 100 a record, a key an event, half range":
//   0.95 CPU s for a million events, 2.3 with node:crypto (Node 20.20,
//   November 2026, a busy machine).

/** Longest text that fits one block with its padding and its length. */
export const SHORT_MD5_BYTES_MAX = 55;

const BLOCK_BYTES = 64;
const BITS_AT = 56;

/** The 64 constants: 2^32 times |sin(i)|, i in radians. */
const SINES = Int32Array.from({ length: 64 }, (_, index) =>
  Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32),
);
const ROTATIONS = Uint8Array.from(
  [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
  ].flatMap((round) => [...round, ...round, ...round, ...round]),
);
/** Which of the block's 16 words each step takes. */
const WORDS = Uint8Array.from({ length: 64 }, (_, index) => {
  const factors = [1, 5, 3, 7];
  const offsets = [0, 1, 5, 0];
  const round = index >> 4;
  return (index * factors[round]! + offsets[round]!) % 16;
});

const block = new Uint8Array(BLOCK_BYTES);
const view = new DataView(block.buffer);
const words = new Int32Array(16);

function bigEndian(word: number): number {
  return (
    (((word & 0xff) << 24) |
      ((word & 0xff00) << 8) |
      ((word >>> 8) & 0xff00) |
      (word >>> 24)) >>>
    0
  );
}

/**
 * The md5 of a short text.
 *
 * @param bytes Holds the text.
 * @param start Its offset.
 * @param end Its end, exclusive; at most {@linkcode SHORT_MD5_BYTES_MAX} later.
 * @param digest Gets the digest as four unsigned numbers, most significant
 * first.
 */
export function shortMd5(
  bytes: Uint8Array,
  start: number,
  end: number,
  digest: Uint32Array,
): void {
  const length = end - start;
  if (!(length >= 0 && length <= SHORT_MD5_BYTES_MAX)) {
    throw new RangeError(
      `Cannot hash ${length} bytes as one block: at most ${SHORT_MD5_BYTES_MAX} fit`,
    );
  }
  block.fill(0);
  for (let index = 0; index < length; index++) {
    block[index] = bytes[start + index]!;
  }
  block[length] = 0x80;
  view.setUint32(BITS_AT, length * 8, true);
  for (let index = 0; index < 16; index++) {
    words[index] = view.getInt32(index * 4, true);
  }
  let a = 0x67452301 | 0;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476 | 0;
  for (let step = 0; step < 64; step++) {
    let mixed: number;
    if (step < 16) mixed = (b & c) | (~b & d);
    else if (step < 32) mixed = (b & d) | (c & ~d);
    else if (step < 48) mixed = b ^ c ^ d;
    else mixed = c ^ (b | ~d);
    const sum = (a + mixed + SINES[step]! + words[WORDS[step]!]!) | 0;
    const by = ROTATIONS[step]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << by) | (sum >>> (32 - by)))) | 0;
  }
  digest[0] = bigEndian((a + 0x67452301) | 0);
  digest[1] = bigEndian((b + 0xefcdab89) | 0);
  digest[2] = bigEndian((c + 0x98badcfe) | 0);
  digest[3] = bigEndian((d + 0x10325476) | 0);
}

// Hot path: xxHash64, Zstandard's checksum, over whole contents where zlib has
// no Zstandard.
// Cost avoided: BigInts, a dozen for each eight bytes: 30 times as slow.
// Trick: 64-bit numbers are two 32-bit halves; only the few bytes at the end
//   and the last mixing are BigInts.
// Breaks: `!` on typed arrays, more than three parameters. Plain twin: the test
//   has one of BigInts alone, and known values.
// Shown by the zstd case of perf/source_bench.ts.

const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
const MASK = 0xffff_ffff_ffff_ffffn;

const P1_HIGH = 0x9e3779b1 | 0;
const P1_LOW = 0x85ebca87 | 0;
const P2_HIGH = 0xc2b2ae3d | 0;
const P2_LOW = 0x27d4eb4f | 0;

const STRIPE_BYTES = 32;
const LANES = 4;
const ROTATIONS = [1n, 7n, 12n, 18n] as const;

function word(bytes: Uint8Array, at: number): number {
  return (
    bytes[at]! |
    (bytes[at + 1]! << 8) |
    (bytes[at + 2]! << 16) |
    (bytes[at + 3]! << 24)
  );
}

/** The upper half of a product of two halves. */
function upper(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + (other >>> 16)) | 0;
}

/** Mixes eight bytes into a lane: its halves lie side by side, the lower first. */
function mix(lanes: Int32Array, at: number, low: number, high: number): void {
  const addLow = Math.imul(low, P2_LOW);
  const addHigh =
    (upper(low, P2_LOW) + Math.imul(high, P2_LOW) + Math.imul(low, P2_HIGH)) |
    0;
  const sumLow = (lanes[at]! + addLow) | 0;
  const carry = sumLow >>> 0 < addLow >>> 0 ? 1 : 0;
  const sumHigh = (lanes[at + 1]! + addHigh + carry) | 0;
  const turnedLow = (sumLow << 31) | (sumHigh >>> 1);
  const turnedHigh = (sumHigh << 31) | (sumLow >>> 1);
  lanes[at] = Math.imul(turnedLow, P1_LOW);
  lanes[at + 1] =
    upper(turnedLow, P1_LOW) +
    Math.imul(turnedHigh, P1_LOW) +
    Math.imul(turnedLow, P1_HIGH);
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function rounded(value: bigint): bigint {
  return (rotate((value * P2) & MASK, 31n) * P1) & MASK;
}

/** The hash of bytes that come in pieces; its seed is 0. */
export class XxHash64 {
  readonly #lanes = new Int32Array(2 * LANES);
  #length = 0;
  #rest: Uint8Array = new Uint8Array(0);

  constructor() {
    new BigInt64Array(this.#lanes.buffer).set([
      BigInt.asIntN(64, P1 + P2),
      BigInt.asIntN(64, P2),
      0n,
      BigInt.asIntN(64, -P1),
    ]);
  }

  /** Adds bytes; they must not change before the next call. */
  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let piece = bytes;
    if (this.#rest.length > 0) piece = Buffer.concat([this.#rest, bytes]);
    const whole = piece.length - (piece.length % STRIPE_BYTES);
    const lanes = this.#lanes;
    for (let i = 0; i < whole; i += STRIPE_BYTES) {
      mix(lanes, 0, word(piece, i), word(piece, i + 4));
      mix(lanes, 2, word(piece, i + 8), word(piece, i + 12));
      mix(lanes, 4, word(piece, i + 16), word(piece, i + 20));
      mix(lanes, 6, word(piece, i + 24), word(piece, i + 28));
    }
    this.#rest = piece.slice(whole);
  }

  /** The lower half of the hash, unsigned: what Zstandard keeps of it. */
  lowerHalf(): number {
    const rest = this.#rest;
    let h = this.#length < STRIPE_BYTES ? P5 : this.#merged();
    h = (h + BigInt(this.#length)) & MASK;
    let i = 0;
    for (; i + 8 <= rest.length; i += 8) {
      const low = BigInt(word(rest, i) >>> 0);
      const input = (BigInt(word(rest, i + 4) >>> 0) << 32n) | low;
      h = (rotate(h ^ rounded(input), 27n) * P1 + P4) & MASK;
    }
    if (i + 4 <= rest.length) {
      const input = (BigInt(word(rest, i) >>> 0) * P1) & MASK;
      h = (rotate(h ^ input, 23n) * P2 + P3) & MASK;
      i += 4;
    }
    for (; i < rest.length; i++) {
      h = (rotate(h ^ ((BigInt(rest[i]!) * P5) & MASK), 11n) * P1) & MASK;
    }
    h = ((h ^ (h >> 33n)) * P2) & MASK;
    h = ((h ^ (h >> 29n)) * P3) & MASK;
    return Number((h ^ (h >> 32n)) & 0xffff_ffffn);
  }

  #merged(): bigint {
    const lanes = new BigUint64Array(this.#lanes.buffer);
    let h = 0n;
    for (let i = 0; i < LANES; i++) h += rotate(lanes[i]!, ROTATIONS[i]!);
    h &= MASK;
    for (const lane of lanes) h = ((h ^ rounded(lane)) * P1 + P4) & MASK;
    return h;
  }
}

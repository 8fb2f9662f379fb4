// Hot path: xxHash32, LZ4's checksum, over whole blocks and contents. Measured
// by the LZ4 case of perf/source_bench.ts; the test has known values.

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;
const STRIPE_BYTES = 16;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, P2)) | 0, 13), P1);
}

function word(bytes: Uint8Array, at: number): number {
  return (
    bytes[at]! |
    (bytes[at + 1]! << 8) |
    (bytes[at + 2]! << 16) |
    (bytes[at + 3]! << 24)
  );
}

/** The hash of bytes that come in pieces; its seed is 0. */
export class XxHash32 {
  #a = (P1 + P2) | 0;
  #b = P2 | 0;
  #c = 0;
  #d = -P1 | 0;
  #length = 0;
  #rest: Uint8Array = new Uint8Array(0);

  /** Adds bytes; they must not change before the next call. */
  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let piece = bytes;
    if (this.#rest.length > 0) piece = Buffer.concat([this.#rest, bytes]);
    const whole = piece.length - (piece.length % STRIPE_BYTES);
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d];
    for (let i = 0; i < whole; i += STRIPE_BYTES) {
      a = round(a, word(piece, i));
      b = round(b, word(piece, i + 4));
      c = round(c, word(piece, i + 8));
      d = round(d, word(piece, i + 12));
    }
    [this.#a, this.#b, this.#c, this.#d] = [a, b, c, d];
    this.#rest = piece.slice(whole);
  }

  /** The hash, unsigned. */
  value(): number {
    const rest = this.#rest;
    let h =
      this.#length < STRIPE_BYTES
        ? P5
        : (rotate(this.#a, 1) +
            rotate(this.#b, 7) +
            rotate(this.#c, 12) +
            rotate(this.#d, 18)) |
          0;
    h = (h + this.#length) | 0;
    let i = 0;
    for (; i + 4 <= rest.length; i += 4) {
      h = Math.imul(rotate((h + Math.imul(word(rest, i), P3)) | 0, 17), P4);
    }
    for (; i < rest.length; i++) {
      h = Math.imul(rotate((h + Math.imul(rest[i]!, P5)) | 0, 11), P1);
    }
    h = Math.imul(h ^ (h >>> 15), P2);
    h = Math.imul(h ^ (h >>> 13), P3);
    return (h ^ (h >>> 16)) >>> 0;
  }
}

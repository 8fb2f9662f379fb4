/**
 * Snappy's framing format, as `.snz` files have it: streams one after the
 * other, padding, chunks to skip. A wrong checksum and a cut are errors.
 *
 * @module
 */
import { createRequire } from "node:module";
import { crc32c } from "./crc32c_kernel.ts";
import { FrameBytes } from "./frame_bytes.ts";
import { CUT_OFF, type PushDecoder } from "./push_decoder.ts";

const HEADER_BYTES = 4;
const CHECKSUM_BYTES = 4;
/** The format's own limit, decompressed. */
const CHUNK_BYTES_MAX = 64 * 1024;
/** What that can be when compressed at worst, and the checksum. */
const COMPRESSED_BYTES_MAX = 32 + CHUNK_BYTES_MAX + CHUNK_BYTES_MAX / 6 + 4;

const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
/** From here on chunks may be skipped by who doesn't know them. */
const SKIPPABLE = 0x80;
const STREAM_IDENTIFIER = 0xff;
const IDENTIFIER = Buffer.from("sNaPpY");

const MASK_DELTA = 0xa282ead8;

/** The checksum as the format stores it. */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** Loaded with the first file of this kind, as it is native code. */
function loadSnappy(): typeof import("snappy") {
  return createRequire(import.meta.url)("snappy");
}

/** The decoder. */
export class SnappyDecoder implements PushDecoder {
  readonly #bytes = new FrameBytes();
  readonly #snappy = loadSnappy();
  /** Bytes of a chunk to skip that are still to come. */
  #skip = 0;
  #isBegun = false;

  push(bytes: Uint8Array): Uint8Array[] {
    const queue = this.#bytes;
    queue.add(bytes);
    const found: Uint8Array[] = [];
    for (;;) {
      this.#skip -= queue.take(this.#skip).length;
      if (this.#skip > 0 || queue.length < HEADER_BYTES) return found;
      const type = queue.front.readUInt8(0);
      const length = queue.front.readUIntLE(1, 3);
      if (!this.#isBegun && type !== STREAM_IDENTIFIER) {
        throw new Error("it does not begin as snappy's framing format does");
      }
      if (type >= SKIPPABLE && type !== STREAM_IDENTIFIER) {
        queue.take(HEADER_BYTES);
        this.#skip = length;
        continue;
      }
      if (length > COMPRESSED_BYTES_MAX) {
        throw new Error(`a chunk of ${length} bytes is too long`);
      }
      if (queue.length < HEADER_BYTES + length) return found;
      queue.take(HEADER_BYTES);
      const data = this.#chunk(type, queue.take(length));
      if (data.length > 0) found.push(data);
    }
  }

  end(): Uint8Array[] {
    if (this.#skip > 0 || this.#bytes.length > 0 || !this.#isBegun) {
      throw new Error(CUT_OFF);
    }
    return [];
  }

  #chunk(type: number, body: Buffer): Buffer {
    if (type === STREAM_IDENTIFIER) {
      if (!body.equals(IDENTIFIER)) {
        throw new Error("a stream does not begin with snappy's identifier");
      }
      this.#isBegun = true;
      return Buffer.alloc(0);
    }
    if (type !== COMPRESSED && type !== UNCOMPRESSED) {
      throw new Error(`a chunk has the unknown type ${type}`);
    }
    if (body.length < CHECKSUM_BYTES) throw new Error("a chunk is too short");
    const packed = body.subarray(CHECKSUM_BYTES);
    const data =
      type === COMPRESSED
        ? (this.#snappy.uncompressSync(packed, { asBuffer: true }) as Buffer)
        : packed;
    if (data.length > CHUNK_BYTES_MAX) throw new Error("a chunk is too long");
    if (maskedChecksum(data) !== body.readUInt32LE(0)) {
      throw new Error("a checksum does not match: the file is damaged");
    }
    return data;
  }
}

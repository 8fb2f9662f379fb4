/**
 * What a file is packed with, told by its first bytes and never by its name.
 *
 * @module
 */
import { pipeline, Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import { pushThrough } from "./push_decoder.ts";

/** The ways of packing that are read. */
export type Codec = "none" | "gzip" | "bzip2" | "zstd" | "snappy" | "lz4";

/** First bytes that {@linkcode codecOf} wants to see. */
export const CODEC_HEAD_BYTES = 10;

/** Frames that zstd and LZ4 have in common, to be skipped. */
const SKIPPABLE_REGEXP = /^5[0-9a-f]2a4d18/;

const MAGIC: readonly (readonly [RegExp, Codec])[] = [
  [/^1f8b08/, "gzip"],
  // "BZh", a digit, and a block's or the end's own magic.
  [/^425a683[1-9](314159265359|177245385090)/, "bzip2"],
  [/^28b52ffd/, "zstd"],
  [/^ff060000734e61507059/, "snappy"],
  [/^04224d18/, "lz4"],
];

/**
 * The codec of an input.
 *
 * @param head Its first bytes, `CODEC_HEAD_BYTES` if it has as many.
 */
export function codecOf(head: Uint8Array): Codec {
  const hex = Buffer.from(head).toString("hex", 0, CODEC_HEAD_BYTES);
  const found = MAGIC.find(([magic]) => magic.test(hex));
  if (found !== undefined) return found[1];
  return SKIPPABLE_REGEXP.test(hex) ? "zstd" : "none";
}

async function* piped(
  input: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void> {
  // Errors of either come out of the transform.
  pipeline(Readable.from(input), transform, () => {});
  yield* transform;
}

/** zlib of a runtime that has Zstandard. */
interface NewerZlib {
  readonly createZstdDecompress?: () => Transform;
}

/**
 * Decompresses an input. Closing the result closes the input.
 *
 * @throws {Error} With a plain reason when the input is damaged or cut off.
 */
export async function* decompress(
  codec: Codec,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (codec === "none") yield* input;
  else if (codec === "gzip") yield* piped(input, zlib.createGunzip());
  else if (codec === "snappy") {
    const { SnappyDecoder } = await import("./snappy_decoder.ts");
    yield* pushThrough(input, new SnappyDecoder());
  } else if (codec === "bzip2") {
    const { Bzip2Decoder } = await import("./bzip2_decoder.ts");
    yield* pushThrough(input, new Bzip2Decoder());
  } else if (codec === "lz4") {
    const { Lz4Decoder } = await import("./lz4_decoder.ts");
    yield* pushThrough(input, new Lz4Decoder());
  } else {
    const { createZstdDecompress } = zlib as NewerZlib;
    if (createZstdDecompress !== undefined) {
      yield* piped(input, createZstdDecompress());
      return;
    }
    const { ZstdDecoder } = await import("./zstd_decoder.ts");
    yield* pushThrough(input, new ZstdDecoder());
  }
}

/**
 * One packed record's bytes, or why there are none; bounded in size.
 *
 * @module
 */
import zlib from "node:zlib";
import type { PayloadSpec } from "../../engine/job/spec.ts";
import { CODEC_HEAD_BYTES, codecOf } from "../../engine/replay/codec/codec.ts";
import { ZstdDecoder } from "../../engine/replay/codec/zstd_decoder.ts";
import {
  UNPACKED_RATIO_MAX,
  UNPACKED_RECORD_BYTES_MAX,
  UNPACKED_RECORD_BYTES_MIN,
} from "./limits.ts";

/** Why a record can't be unpacked. */
export type PackedReason =
  | "not_compressed"
  | "bad_compression"
  | "unpacked_too_large";

/** What a record unpacks to. */
export type Unpacked =
  | { readonly bytes: Uint8Array; readonly reason: undefined }
  | { readonly bytes: undefined; readonly reason: PackedReason };

function refused(reason: PackedReason): Unpacked {
  return { bytes: undefined, reason };
}

/** What `gunzipSync` gives with `info`. */
interface UnzipInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function gunzip(packed: Uint8Array, bytesMax: number): Unpacked {
  try {
    const options = { maxOutputLength: bytesMax, info: true };
    const found = zlib.gunzipSync(packed, options) as unknown as UnzipInfo;
    // What stands behind the last member would be passed over.
    return found.engine.bytesWritten === packed.length
      ? { bytes: found.buffer, reason: undefined }
      : refused("bad_compression");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refused(
      code === "ERR_BUFFER_TOO_LARGE"
        ? "unpacked_too_large"
        : "bad_compression",
    );
  }
}

function unzstd(packed: Uint8Array, bytesMax: number): Unpacked {
  const decoder = new ZstdDecoder({ contentBytesMax: bytesMax });
  const parts: Uint8Array[] = [];
  let length = 0;
  const keep = (found: readonly Uint8Array[]) => {
    for (const part of found) {
      length += part.length;
      parts.push(part);
    }
    return length <= bytesMax;
  };
  try {
    // In pieces, so that it ends soon after the limit.
    for (let at = 0; at < packed.length; at += ZSTD_PIECE_BYTES) {
      const piece = packed.subarray(at, at + ZSTD_PIECE_BYTES);
      if (!keep(decoder.push(piece))) return refused("unpacked_too_large");
    }
    if (!keep(decoder.end())) return refused("unpacked_too_large");
    return { bytes: Buffer.concat(parts, length), reason: undefined };
  } catch {
    return refused("bad_compression");
  }
}

/** Bytes given to the Zstandard decoder at once: each four may be 128 KiB. */
const ZSTD_PIECE_BYTES = 256;

/** Unpacks a record. */
export function unpack(
  packed: Uint8Array,
  compression: PayloadSpec["compression"],
): Unpacked {
  if (compression === "none") return { bytes: packed, reason: undefined };
  const codec = codecOf(packed.subarray(0, CODEC_HEAD_BYTES));
  if (compression === "detect" ? codec === "none" : codec !== compression) {
    return compression === "detect"
      ? { bytes: packed, reason: undefined }
      : refused("not_compressed");
  }
  const bytesMax = Math.min(
    UNPACKED_RECORD_BYTES_MAX,
    Math.max(UNPACKED_RECORD_BYTES_MIN, packed.length * UNPACKED_RATIO_MAX),
  );
  if (codec === "gzip") return gunzip(packed, bytesMax);
  if (codec === "zstd") return unzstd(packed, bytesMax);
  return refused("bad_compression");
}

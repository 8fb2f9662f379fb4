/**
 * Zstandard in JavaScript, for runtimes whose zlib has none: frames one after
 * the other, frames to skip, checksums of contents.
 *
 * fzstd decompresses; it looks at no checksum. So frames are walked here, block
 * by block, and each goes through a decompressor of its own.
 *
 * @module
 */
import { Decompress } from "fzstd";
import { FrameBytes } from "./frame_bytes.ts";
import { CUT_OFF, type PushDecoder } from "./push_decoder.ts";
import { XxHash64 } from "./xxhash64_kernel.ts";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const WORD_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
/** No block has more, packed or not. fzstd would make 2 MiB of four bytes. */
const BLOCK_BYTES_MAX = 128 * 1024;
/**
 * Largest window, which is allocated as a whole: as much as other decoders
 * allow unless they are told. A frame may ask for 2 GiB with one byte.
 */
const WINDOW_BYTES_MAX = 128 * 1024 * 1024;
/**
 * Bytes that fzstd may move where the content is bounded: for each block all of
 * the window. Some seconds, which only blocks of a few bytes can come to.
 */
const MOVED_BYTES_MAX = 32 * 1024 ** 3;
/** Bytes of a dictionary's number, by two bits of a frame's header. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
/** Bytes of the content's length, by two bits of a frame's header. */
const LENGTH_BYTES = [0, 2, 4, 8] as const;
/** A block that is one byte many times. */
const REPEATED = 1;
const RESERVED = 3;

/** A frame that is under way. */
interface Frame {
  readonly decompress: Decompress;
  readonly content: XxHash64 | undefined;
  readonly windowBytes: number;
  /** Whether its last block has begun. */
  isLast: boolean;
}

/** Options for {@linkcode ZstdDecoder}. */
export interface ZstdDecoderOptions {
  /**
   * The longest content that is of use: no larger window is made for it, and
   * what comes behind may be anything.
   *
   * @default {Infinity}
   */
  readonly contentBytesMax?: number;
}

function damaged(reason: string): Error {
  return new Error(`it is damaged (${reason})`);
}

/** What a frame's header has, by its first byte behind the magic number. */
function headerOf(flags: number) {
  const isSingle = (flags & 32) !== 0;
  const dictionary = DICTIONARY_BYTES[(flags & 3) as 0] ?? 0;
  const length = LENGTH_BYTES[(flags >> 6) as 0] ?? 0;
  const lengthBytes = isSingle && length < 1 ? 1 : length;
  const lengthAt = WORD_BYTES + 1 + (isSingle ? 0 : 1) + dictionary;
  return { isSingle, lengthAt, lengthBytes, bytes: lengthAt + lengthBytes };
}

/** Bytes that a frame's blocks may refer back to. */
function windowBytesOf(
  front: Buffer,
  { isSingle, lengthAt, lengthBytes }: ReturnType<typeof headerOf>,
): number {
  if (!isSingle) {
    const descriptor = front.readUInt8(WORD_BYTES + 1);
    const least = 2 ** (10 + (descriptor >> 3));
    return least + (least / 8) * (descriptor & 7);
  }
  // All of the content.
  if (lengthBytes <= WORD_BYTES) return front.readUIntLE(lengthAt, lengthBytes);
  const low = front.readUInt32LE(lengthAt);
  return low + front.readUInt32LE(lengthAt + WORD_BYTES) * 2 ** 32;
}

/** Makes a frame ask for a smaller window, a power of two. */
function narrowWindow(
  front: Buffer,
  { isSingle, lengthAt, lengthBytes }: ReturnType<typeof headerOf>,
  bytes: number,
): void {
  if (isSingle) {
    front.fill(0, lengthAt, lengthAt + lengthBytes);
    front.writeUInt32LE(bytes, lengthAt);
  } else front.writeUInt8((Math.log2(bytes) - 10) << 3, WORD_BYTES + 1);
}

/** The decoder. */
export class ZstdDecoder implements PushDecoder {
  readonly #windowBytesMax: number;
  #movedBytes = 0;
  readonly #bytes = new FrameBytes();
  #skip = 0;
  #frame: Frame | undefined;
  /** Bytes of the present block that are still to come. */
  #blockBytes = 0;
  #found: Uint8Array[] = [];

  constructor({ contentBytesMax = Infinity }: ZstdDecoderOptions = {}) {
    const needed = Math.max(contentBytesMax, BLOCK_BYTES_MAX);
    this.#windowBytesMax = 2 ** Math.ceil(Math.log2(needed));
  }

  push(bytes: Uint8Array): Uint8Array[] {
    this.#bytes.add(bytes);
    for (;;) {
      this.#skip -= this.#bytes.take(this.#skip).length;
      if (this.#skip > 0) break;
      const frame = this.#frame;
      if (!(frame === undefined ? this.#header() : this.#part(frame))) break;
    }
    const found = this.#found;
    this.#found = [];
    return found;
  }

  end(): Uint8Array[] {
    if (this.#skip > 0 || this.#bytes.length > 0 || this.#frame !== undefined) {
      throw new Error(CUT_OFF);
    }
    return [];
  }

  /** Whether a header, or the length of what is skipped, was taken. */
  #header(): boolean {
    const { front, length } = this.#bytes;
    if (length < WORD_BYTES + 1) return false;
    const magic = front.readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      if (length < 2 * WORD_BYTES) return false;
      this.#skip = front.readUInt32LE(WORD_BYTES);
      this.#bytes.take(2 * WORD_BYTES);
      return true;
    }
    if (magic !== MAGIC) throw damaged("what follows a frame is none");
    const flags = front.readUInt8(WORD_BYTES);
    const header = headerOf(flags);
    if (length < header.bytes) return false;
    const asked = windowBytesOf(front, header);
    if (asked > WINDOW_BYTES_MAX) {
      throw new Error("it takes a window of more than 128 MiB");
    }
    const windowBytes = Math.min(asked, this.#windowBytesMax);
    if (windowBytes < asked) narrowWindow(front, header, windowBytes);
    const content = (flags & 4) === 0 ? undefined : new XxHash64();
    const decompress = new Decompress((data) => {
      if (data.length === 0) return;
      content?.add(data);
      this.#found.push(data);
    });
    const frame = { decompress, content, windowBytes, isLast: false };
    this.#frame = frame;
    this.#feed(frame, header.bytes);
    return true;
  }

  /** Whether a block's header, some of its bytes, or the end was taken. */
  #part(frame: Frame): boolean {
    const { length } = this.#bytes;
    if (this.#blockBytes > 0) {
      const count = Math.min(this.#blockBytes, length);
      this.#blockBytes -= count;
      if (count > 0) this.#feed(frame, count);
      return count > 0;
    }
    if (frame.isLast) return this.#frameEnd(frame);
    if (length < BLOCK_HEADER_BYTES) return false;
    const header = this.#bytes.front.readUIntLE(0, BLOCK_HEADER_BYTES);
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw damaged("a block is of an unknown type");
    const size = header >> 3;
    if (size > BLOCK_BYTES_MAX) throw damaged("a block is too long");
    this.#movedBytes += frame.windowBytes;
    const isBounded = this.#windowBytesMax < Infinity;
    if (isBounded && this.#movedBytes > MOVED_BYTES_MAX) {
      throw new Error("its blocks are too small for its window");
    }
    frame.isLast = (header & 1) === 1;
    this.#blockBytes = type === REPEATED ? 1 : size;
    this.#feed(frame, BLOCK_HEADER_BYTES);
    return true;
  }

  #frameEnd(frame: Frame): boolean {
    const { content } = frame;
    const { front, length } = this.#bytes;
    const count = content === undefined ? 0 : WORD_BYTES;
    if (length < count) return false;
    this.#feed(frame, count, true);
    if (
      content !== undefined &&
      content.lowerHalf() !== front.readUInt32LE(0)
    ) {
      throw damaged("a checksum does not match");
    }
    this.#frame = undefined;
    return true;
  }

  #feed({ decompress }: Frame, count: number, isEnd = false): void {
    try {
      decompress.push(this.#bytes.take(count), isEnd);
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error));
    }
  }
}

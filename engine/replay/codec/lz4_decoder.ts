/**
 * LZ4's frame format: frames one after the other, frames to skip, all
 * checksums. Frames with a dictionary are refused.
 *
 * @module
 */
import { FrameBytes } from "./frame_bytes.ts";
import { decompressLz4Block } from "./lz4_block_kernel.ts";
import { CUT_OFF, type PushDecoder } from "./push_decoder.ts";
import { XxHash32 } from "./xxhash32_kernel.ts";

const MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a50;
const MAGIC_BYTES = 4;
const WORD_BYTES = 4;
/** How far back a block may refer. */
const WINDOW_BYTES = 64 * 1024;
/** Of a block's length: it is stored as it is. */
const STORED = 0x80000000;
/** By the number in a frame's header. */
const BLOCK_BYTES: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 * 1024,
  7: 4 * 1024 * 1024,
};

/** What a frame's header says. */
interface Frame {
  readonly blockBytesMax: number;
  readonly hasBlockChecksum: boolean;
  readonly content: XxHash32 | undefined;
}

function hashOf(bytes: Uint8Array): number {
  const hash = new XxHash32();
  hash.add(bytes);
  return hash.value();
}

function damaged(): Error {
  return new Error("a checksum does not match: the file is damaged");
}

/** The decoder. */
export class Lz4Decoder implements PushDecoder {
  readonly #bytes = new FrameBytes();
  #skip = 0;
  #frame: Frame | undefined;
  /** The last bytes of the frame, for blocks that refer to them. */
  #window: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): Uint8Array[] {
    this.#bytes.add(bytes);
    const found: Uint8Array[] = [];
    for (;;) {
      this.#skip -= this.#bytes.take(this.#skip).length;
      if (this.#skip > 0) return found;
      const frame = this.#frame;
      const isTaken =
        frame === undefined ? this.#header() : this.#block(frame, found);
      if (!isTaken) return found;
    }
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
    if (length < MAGIC_BYTES + WORD_BYTES) return false;
    const magic = front.readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.#skip = front.readUInt32LE(MAGIC_BYTES);
      this.#bytes.take(MAGIC_BYTES + WORD_BYTES);
      return true;
    }
    if (magic !== MAGIC) throw new Error("what follows a frame is no LZ4");
    const flags = front.readUInt8(MAGIC_BYTES);
    if (flags >> 6 !== 1) throw new Error("a frame is of an unknown version");
    if ((flags & 1) === 1) throw new Error("a frame needs a dictionary");
    const headerBytes = 2 + ((flags & 8) === 0 ? 0 : 8);
    const end = MAGIC_BYTES + headerBytes;
    if (length < end + 1) return false;
    const header = front.subarray(MAGIC_BYTES, end);
    if (((hashOf(header) >>> 8) & 0xff) !== front.readUInt8(end)) {
      throw damaged();
    }
    const blockBytesMax = BLOCK_BYTES[(header.readUInt8(1) >> 4) & 7];
    if (blockBytesMax === undefined)
      throw new Error("a block's size is unknown");
    this.#bytes.take(end + 1);
    this.#window = new Uint8Array(0);
    this.#frame = {
      blockBytesMax,
      hasBlockChecksum: (flags & 16) !== 0,
      content: (flags & 4) === 0 ? undefined : new XxHash32(),
    };
    return true;
  }

  /** Whether a block, or the frame's end, was taken. */
  #block(frame: Frame, found: Uint8Array[]): boolean {
    const { front, length } = this.#bytes;
    if (length < WORD_BYTES) return false;
    const size = front.readUInt32LE(0);
    if (size === 0) return this.#frameEnd(frame);
    const packedBytes = (size & ~STORED) >>> 0;
    if (packedBytes > frame.blockBytesMax)
      throw new Error("a block is too long");
    const end = WORD_BYTES + packedBytes;
    const checked = end + (frame.hasBlockChecksum ? WORD_BYTES : 0);
    if (length < checked) return false;
    const packed = front.subarray(WORD_BYTES, end);
    if (frame.hasBlockChecksum && hashOf(packed) !== front.readUInt32LE(end)) {
      throw damaged();
    }
    this.#bytes.take(checked);
    const data =
      size >= STORED ? this.#stored(packed) : this.#unpacked(packed, frame);
    frame.content?.add(data);
    if (data.length > 0) found.push(data);
    return true;
  }

  #frameEnd({ content }: Frame): boolean {
    const { front, length } = this.#bytes;
    const end = WORD_BYTES + (content === undefined ? 0 : WORD_BYTES);
    if (length < end) return false;
    if (
      content !== undefined &&
      content.value() !== front.readUInt32LE(WORD_BYTES)
    ) {
      throw damaged();
    }
    this.#bytes.take(end);
    this.#frame = undefined;
    return true;
  }

  #stored(packed: Buffer): Uint8Array {
    this.#window = Buffer.concat([this.#window, packed]).subarray(
      -WINDOW_BYTES,
    );
    return packed;
  }

  #unpacked(packed: Buffer, { blockBytesMax }: Frame): Uint8Array {
    const before = this.#window.length;
    const into = new Uint8Array(before + blockBytesMax);
    into.set(this.#window);
    const end = decompressLz4Block(packed, into, before);
    this.#window = into.subarray(Math.max(0, end - WINDOW_BYTES), end);
    return into.subarray(before, end);
  }
}

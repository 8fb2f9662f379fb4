// Hot path: every aggregated record, whose digest has to be checked.
// Cost avoided: MD5 by node:crypto takes one text at a time, 0.6 CPU s for a
//   million events: a third of all that they cost.
// Trick: eight texts at once, in the four lanes of two of WebAssembly's vectors:
//   the one's steps fill the time in which the other's wait for each other.
// Gives up: a copy of the texts, as WebAssembly sees its own memory only.
// Breaks: nothing.
// Shown by `perf/wire_bench.ts`. Plain twin: `hash("md5", …)` of node:crypto.
/**
 * MD5 of some texts.
 *
 * @module
 */
import { md5Blocks } from "./md5_lanes_code.ts";
import { openFunction } from "./wasm_code.ts";

/** Texts that are taken at once. */
export const MD5_LANES = 8;
const LANES_PER_GROUP = 4;

/** All lanes cost as much as two to three texts by node:crypto. */
export const MD5_LANES_MIN = 3;

/**
 * Longest text: of a record's 1 MiB, and all of them would no longer fit into the
 * processor's second-level cache. Longer ones are for node:crypto.
 */
export const MD5_LANE_BYTES_MAX: number = 256 * 1024;

const BLOCK_BYTES = 64;
const STATE_BYTES = 128;
/** The one bit and the length behind a text. */
const PADDING_BYTES_MIN = 9;
/** Lanes don't begin a power of two apart: they would share lines of a cache. */
const LANE_BYTES = MD5_LANE_BYTES_MAX + 2 * BLOCK_BYTES + 1_024;
const FIRST_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** Where a text is. */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
}

/** Takes some at a time. */
export class Md5Lanes {
  readonly #bytes: Buffer;
  readonly #state: Uint32Array;
  readonly #blocks: (from: number, to: number) => void;

  private constructor(
    buffer: ArrayBuffer,
    blocks: (a: number, b: number) => void,
  ) {
    this.#bytes = Buffer.from(buffer);
    this.#state = new Uint32Array(buffer, 0, STATE_BYTES / 4);
    this.#blocks = blocks;
  }

  /** Opens one; undefined where the runtime has no vectors. */
  static open(): Md5Lanes | undefined {
    const lanesAt = Array.from({ length: MD5_LANES }, (_, lane) =>
      laneAt(lane),
    );
    const opened = openFunction(
      md5Blocks(lanesAt),
      STATE_BYTES + MD5_LANES * LANE_BYTES,
    );
    return opened && new Md5Lanes(opened.buffer, opened.call);
  }

  /**
   * Makes digests.
   *
   * @param bytes Holds the texts.
   * @param places At most `MD5_LANES` texts of at most `MD5_LANE_BYTES_MAX`.
   * @param take Is given each text's index and digest; the buffer is reused.
   */
  digest(
    bytes: Buffer,
    places: readonly TextPlace[],
    take: (index: number, digest: Buffer) => void,
  ): void {
    const ends = places.map((place, lane) => this.#load(bytes, place, lane));
    for (let lane = 0; lane < MD5_LANES; lane++) {
      for (const [part, word] of FIRST_STATE.entries()) {
        this.#state[stateAt(lane, part)] = word;
      }
    }
    const digest = Buffer.alloc(FIRST_STATE.length * 4);
    const order = [...ends.keys()].sort(
      (a, b) => (ends[a] ?? 0) - (ends[b] ?? 0),
    );
    let from = 0;
    // A lane whose text is over goes on with rubbish, which nobody looks at.
    for (const lane of order) {
      const to = ends[lane] ?? from;
      this.#blocks(from, to);
      from = to;
      for (const part of FIRST_STATE.keys()) {
        digest.writeUInt32LE(this.#state[stateAt(lane, part)] ?? 0, part * 4);
      }
      take(lane, digest);
    }
  }

  /** Copies a text and pads it; gives where its last block ends. */
  #load(bytes: Buffer, { start, end }: TextPlace, lane: number): number {
    const length = end - start;
    const blocks = Math.ceil((length + PADDING_BYTES_MIN) / BLOCK_BYTES);
    const at = laneAt(lane);
    const last = at + blocks * BLOCK_BYTES;
    bytes.copy(this.#bytes, at, start, end);
    this.#bytes.fill(0, at + length, last);
    this.#bytes[at + length] = 0x80;
    this.#bytes.writeUInt32LE((length * 8) >>> 0, last - 8);
    return blocks * BLOCK_BYTES;
  }
}

/** Of a part of a lane's state, in words. */
function stateAt(lane: number, part: number): number {
  const group = Math.floor(lane / LANES_PER_GROUP);
  const vector = FIRST_STATE.length * group + part;
  return LANES_PER_GROUP * vector + (lane % LANES_PER_GROUP);
}

function laneAt(lane: number): number {
  return STATE_BYTES + lane * LANE_BYTES;
}

/**
 * Writes the digests at the ends of aggregated records: eight at once, where
 * that many are made together.
 *
 * @module
 */
import { hash } from "node:crypto";
import {
  MD5_LANE_BYTES_MAX,
  MD5_LANES,
  MD5_LANES_MIN,
  Md5Lanes,
  type TextPlace,
} from "./md5_lanes_kernel.ts";

/** The writer. */
export class AggregateSeals {
  #lanes: Md5Lanes | undefined;
  #isOpened = false;

  /**
   * Writes the digest of each message behind it.
   *
   * @param bytes Holds the messages, and room behind each.
   * @param messages Where they are; without the magic number.
   */
  write(bytes: Buffer, messages: readonly TextPlace[]): void {
    let together: TextPlace[] = [];
    for (const message of messages) {
      if (message.end - message.start > MD5_LANE_BYTES_MAX) {
        writeAlone(bytes, message);
        continue;
      }
      together.push(message);
      if (together.length < MD5_LANES) continue;
      this.#writeTogether(bytes, together);
      together = [];
    }
    // Few lanes cost more than one text after the other.
    if (together.length >= MD5_LANES_MIN) this.#writeTogether(bytes, together);
    else for (const message of together) writeAlone(bytes, message);
  }

  #writeTogether(bytes: Buffer, messages: readonly TextPlace[]): void {
    if (!this.#isOpened) this.#lanes = Md5Lanes.open();
    this.#isOpened = true;
    if (this.#lanes === undefined) {
      for (const message of messages) writeAlone(bytes, message);
      return;
    }
    this.#lanes.digest(bytes, messages, (index, digest) => {
      digest.copy(bytes, messages[index]?.end);
    });
  }
}

function writeAlone(bytes: Buffer, { start, end }: TextPlace): void {
  hash("md5", bytes.subarray(start, end), "buffer").copy(bytes, end);
}

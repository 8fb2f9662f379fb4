/**
 * Which records of an answer are aggregated ones, with the digest that they
 * say they have: eight are checked at once.
 *
 * @module
 */
import { DIGEST_BYTES, MAGIC } from "./kpl_format.ts";
import { hasMagic } from "./kpl_reader.ts";
import {
  MD5_LANE_BYTES_MAX,
  MD5_LANES,
  MD5_LANES_MIN,
  Md5Lanes,
} from "./md5_lanes_kernel.ts";
import type { RecordColumns } from "./record_columns.ts";

const INTACT = 1;
const DAMAGED = 2;

/** What lies between the magic number and the digest of a record. */
interface CheckedPlace {
  readonly record: number;
  readonly start: number;
  readonly end: number;
}

/** Checks digests. */
export class AggregateDigests {
  #lanes: Md5Lanes | undefined;
  #isOpened = false;
  #verdicts: Uint8Array = new Uint8Array();

  /**
   * Checks the records of an answer, from one on.
   *
   * @param columns The answer.
   * @param first The first record that may be an aggregated one.
   */
  check(columns: RecordColumns, first: number): void {
    const { bytes, recordCount, dataStarts, dataEnds } = columns;
    if (this.#verdicts.length < recordCount) {
      this.#verdicts = new Uint8Array(recordCount);
    } else this.#verdicts.fill(0, 0, recordCount);
    let places: CheckedPlace[] = [];
    for (let record = first; record < recordCount; record++) {
      const start = dataStarts[record] ?? 0;
      const end = dataEnds[record] ?? 0;
      if (!hasMagic(bytes, start, end)) continue;
      if (end - start > MD5_LANE_BYTES_MAX) continue;
      places.push({
        record,
        start: start + MAGIC.length,
        end: end - DIGEST_BYTES,
      });
      if (places.length < MD5_LANES) continue;
      this.#take(bytes, places);
      places = [];
    }
    // Few lanes cost more than one text after the other.
    if (places.length >= MD5_LANES_MIN) this.#take(bytes, places);
  }

  /** Whether a record's digest is right; undefined if nobody has looked. */
  isIntact(record: number): boolean | undefined {
    const verdict = this.#verdicts[record];
    if (verdict === INTACT) return true;
    return verdict === DAMAGED ? false : undefined;
  }

  #take(bytes: Buffer, places: readonly CheckedPlace[]): void {
    if (!this.#isOpened) this.#lanes = Md5Lanes.open();
    this.#isOpened = true;
    this.#lanes?.digest(bytes, places, (index, digest) => {
      const { record, end } = places[index] as CheckedPlace;
      const isRight = digest.compare(bytes, end, end + DIGEST_BYTES) === 0;
      this.#verdicts[record] = isRight ? INTACT : DAMAGED;
    });
  }
}

/**
 * Records that hold several texts, or packed ones, as a batch of texts.
 *
 * A job whose records are one plain text each does without: nobody asks here.
 * Texts of a record that is not packed stay where they lie; those of a packed
 * one are copied behind each other into one buffer, which is handed on
 * whenever it is full, so that memory does not grow with what an answer
 * unpacks to.
 *
 * @module
 */
import type { PayloadSpec } from "../../engine/job/spec.ts";
import { JsonTextSplitter } from "../../engine/replay/source/json_text_kernel.ts";
import type { RecordBatch } from "../record_batch.ts";
import type { ShardTally, TallyOperator } from "../tally/tally_operator.ts";
import { TEXTS_PER_BATCH, UNPACKED_BATCH_BYTES } from "./limits.ts";
import { type PackedReason, unpack } from "./unpack.ts";

const LINE_FEED = 10;

/** What becomes of a batch's records. */
export interface PayloadTaker {
  /** Takes some texts, in order. */
  take(texts: RecordBatch): void;
  /** Takes a batch of one record that can't be unpacked: a dead letter. */
  refuse(record: RecordBatch, reason: PackedReason): void;
}

/** Whether bytes are only blanks. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return false;
  }
  return true;
}

/** Texts as a batch; `records` and arrivals are those of what they came in. */
class TextBatch implements RecordBatch {
  bytes: Buffer = Buffer.alloc(0);
  count = 0;
  readonly starts: Uint32Array = new Uint32Array(TEXTS_PER_BATCH);
  readonly ends: Uint32Array = new Uint32Array(TEXTS_PER_BATCH);
  readonly records: Uint32Array = new Uint32Array(TEXTS_PER_BATCH);
  readonly subSequenceNumbers: Uint32Array = new Uint32Array(TEXTS_PER_BATCH);
  arrivalMs: Float64Array = new Float64Array();
  outOfRange = 0;
  source: RecordBatch | undefined;

  sequenceNumber(record: number): string {
    return this.source?.sequenceNumber(record) ?? "";
  }
}

/** Finds the texts in records. */
export class PayloadTexts {
  readonly #payload: PayloadSpec;
  readonly #batch = new TextBatch();
  #packed: Buffer = Buffer.alloc(0);
  #packedLength = 0;
  #taker: PayloadTaker | undefined;
  /** Texts of the Kinesis record so far, and which one it is. */
  #sub = 0;
  #record = -1;

  constructor(payload: PayloadSpec) {
    this.#payload = payload;
  }

  /**
   * Hands on the texts of a batch, in order.
   *
   * @param batch Some records; its buffers are only read.
   */
  each(batch: RecordBatch, taker: PayloadTaker): void {
    const { compression } = this.#payload;
    const texts = this.#batch;
    batch.takeApart?.(0);
    this.#taker = taker;
    texts.source = batch;
    texts.arrivalMs = batch.arrivalMs;
    texts.outOfRange = batch.outOfRange;
    texts.bytes = batch.bytes;
    this.#record = -1;
    for (let i = 0; i < batch.count; i++) {
      const record = batch.records[i] ?? 0;
      if (record !== this.#record) this.#sub = 0;
      this.#record = record;
      const start = batch.starts[i] ?? 0;
      const end = batch.ends[i] ?? 0;
      if (compression === "none") this.#split(batch.bytes, start, end);
      else this.#unpack(batch, i);
    }
    if (texts.count > 0 || texts.outOfRange > 0) this.#flush();
    texts.source = undefined;
    this.#taker = undefined;
  }

  /** Unpacks a record into the buffer and splits what it holds. */
  #unpack(batch: RecordBatch, index: number): void {
    const start = batch.starts[index] ?? 0;
    const end = batch.ends[index] ?? 0;
    const packed = batch.bytes.subarray(start, end);
    const { bytes, reason } = unpack(packed, this.#payload.compression);
    if (bytes === undefined) {
      // In its place among the others.
      if (this.#batch.count > 0) this.#flush();
      this.#add(batch.bytes, start, end);
      this.#taker?.refuse(this.#batch, reason);
      this.#batch.count = 0;
      return;
    }
    const room = this.#packed.length - this.#packedLength;
    if (bytes.length > room || this.#packedLength >= UNPACKED_BATCH_BYTES) {
      if (this.#batch.count > 0) this.#flush();
      this.#packedLength = 0;
      if (bytes.length > this.#packed.length) {
        const size = Math.max(2 * UNPACKED_BATCH_BYTES, bytes.length);
        this.#packed = Buffer.allocUnsafe(size);
      }
    }
    this.#packed.set(bytes, this.#packedLength);
    const from = this.#packedLength;
    this.#packedLength += bytes.length;
    this.#split(this.#packed, from, this.#packedLength);
  }

  /** Adds the texts between two places. */
  #split(bytes: Buffer, start: number, end: number): void {
    const { framing } = this.#payload;
    const before = this.#sub;
    if (framing === "text") this.#add(bytes, start, end);
    else if (framing === "lines") {
      // Not in all of the buffer: the next line feed may be megabytes away.
      const record = bytes.subarray(start, end);
      for (let from = 0; from < record.length; ) {
        const found = record.indexOf(LINE_FEED, from);
        const to = found < 0 ? record.length : found;
        if (!isBlank(record, from, to)) {
          this.#add(bytes, start + from, start + to);
        }
        from = to + 1;
      }
    } else {
      const record = bytes.subarray(start, end);
      const splitter = new JsonTextSplitter();
      const rest = splitter.split(record, record.length, (from, to) =>
        this.#add(bytes, start + from, start + to),
      );
      if (rest < record.length) this.#add(bytes, start + rest, end);
    }
    // A record without any text doesn't vanish: the decoder refuses it.
    if (this.#sub === before) this.#add(bytes, start, end);
  }

  #add(bytes: Buffer, start: number, end: number): void {
    const texts = this.#batch;
    if (texts.count === TEXTS_PER_BATCH) this.#flush();
    texts.bytes = bytes;
    const index = texts.count++;
    texts.starts[index] = start;
    texts.ends[index] = end;
    texts.records[index] = this.#record;
    texts.subSequenceNumbers[index] = this.#sub++;
  }

  #flush(): void {
    const texts = this.#batch;
    this.#taker?.take(texts);
    texts.count = 0;
    texts.outOfRange = 0;
  }
}

/**
 * How a job's records reach its operator: as they are when each is one plain
 * text, which costs nothing, else text by text.
 */
export function openConsumer(
  payload: PayloadSpec,
  operator: TallyOperator,
): (shard: ShardTally, batch: RecordBatch) => void {
  const texts = openPayload(payload);
  if (texts === undefined) {
    return (shard, batch) => operator.consume(shard, batch);
  }
  return (shard, batch) =>
    texts.each(batch, {
      take: (found) => operator.consume(shard, found),
      refuse: (record, reason) => operator.refuse(shard, record, reason),
    });
}

/**
 * The texts of a job's records; undefined when each record is one, as it is.
 */
export function openPayload(payload: PayloadSpec): PayloadTexts | undefined {
  const isPlain = payload.framing === "text" && payload.compression === "none";
  return isPlain ? undefined : new PayloadTexts(payload);
}

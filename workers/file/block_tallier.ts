/**
 * Tallies blocks of the file input: one flush a block.
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import type {
  BlockFlushMessage,
  BlockMessage,
  WorkerStart,
} from "../../engine/messages.ts";
import { openDecoder } from "../decode/open_decoder.ts";
import { openConsumer } from "../payload/payload_texts.ts";
import { TallyOperator } from "../tally/tally_operator.ts";
import { LineBatch } from "./line_batch.ts";

/** Tallies one block at a time; nothing is kept between blocks. */
export class BlockTallier {
  readonly #start: WorkerStart;
  readonly #operator: TallyOperator;
  readonly #lines = new LineBatch();
  readonly #consume: ReturnType<typeof openConsumer>;

  constructor(start: WorkerStart) {
    this.#start = start;
    this.#operator = new TallyOperator({
      plan: start.plan,
      decoder: openDecoder(start.plan),
      watermarkAheadMaxMs: start.watermarkAheadMaxMs,
      late: start.late,
    });
    // Lines of a file are records; what a file is packed with is its own matter.
    const payload = { ...start.plan.payload, compression: "none" } as const;
    this.#consume = openConsumer(payload, this.#operator);
  }

  /**
   * Tallies a block.
   *
   * @param block Its bytes are only read.
   * @param busyMs Time this thread has been busy.
   * @param onBatch Called after each of some thousand lines.
   */
  tally(
    block: BlockMessage,
    busyMs: number,
    onBatch: () => void = () => {},
  ): BlockFlushMessage {
    const { watermarkMs, arrivalMs, dedupe } = block;
    const shard = this.#operator.shard({
      shardId: block.path,
      watermarkMs,
      // All lines of a file arrive at once, those of an earlier run too.
      dedupe: dedupe && {
        words: dedupe.words,
        arrivalMs: dedupe.arrivalMs.map(() => arrivalMs),
      },
    });
    const bytes = Buffer.from(block.bytes, 0, block.byteLength);
    this.#lines.reset(bytes, block.offset, arrivalMs);
    while (this.#lines.next()) {
      this.#consume(shard, this.#lines);
      onBatch();
    }
    this.#operator.takeWindowClosed();
    return {
      type: "block_flush",
      epoch: this.#start.epoch,
      blockNumber: block.blockNumber,
      assumedWatermarkMs: block.watermarkMs,
      watermarkMs: shard.watermarkMs,
      lateFromMs: this.#operator.tables.lateFromMs,
      dedupe: shard.ids?.take() ?? null,
      counts: shard.counts.take(),
      tallies: this.#operator.tables.take(),
      deadLetters: this.#operator.takeDeadLetters(),
      busyMs,
      heapBytes: getHeapStatistics().used_heap_size,
    };
  }
}

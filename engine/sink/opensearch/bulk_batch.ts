/**
 * Some items of a bulk request, as bytes and where each begins.
 *
 * @module
 */
import assert from "node:assert/strict";

/** A bulk body; an item is its action line and its document's. */
export interface BulkBatch {
  readonly bytes: Buffer;
  /** Where each item begins, and the end of the last. */
  readonly starts: Uint32Array;
  /** Indices that the items go to. */
  readonly indices: readonly string[];
}

/**
 * Where bodies come from: the next one of at most about so many bytes, one of
 * those that may be in flight together.
 */
export type BulkSource = (
  bytes: number,
  requests: number,
) => BulkBatch | undefined;

/** Number of a batch's items. */
export function itemCount({ starts }: BulkBatch): number {
  return starts.length - 1;
}

/** One item's bytes. */
export function itemBytes({ bytes, starts }: BulkBatch, item: number): Buffer {
  return bytes.subarray(starts[item], starts[item + 1]);
}

/** Some of a batch's items, in order, as a batch of its own. */
export function pickItems(
  batch: BulkBatch,
  items: readonly number[],
): BulkBatch {
  if (items.length === itemCount(batch)) return batch;
  const starts = new Uint32Array(items.length + 1);
  const parts = items.map((item, i) => {
    const part = itemBytes(batch, item);
    starts[i + 1] = (starts[i] ?? 0) + part.length;
    return part;
  });
  return { bytes: Buffer.concat(parts), starts, indices: batch.indices };
}

/** A batch of at least two items as two of about the same length. */
export function halves(batch: BulkBatch): [BulkBatch, BulkBatch] {
  const count = itemCount(batch);
  assert(count >= 2);
  const { bytes, starts, indices } = batch;
  const middle = count >> 1;
  const cut = starts[middle] ?? 0;
  return [
    {
      bytes: bytes.subarray(0, cut),
      starts: starts.subarray(0, middle + 1),
      indices,
    },
    {
      bytes: bytes.subarray(cut),
      starts: starts.subarray(middle).map((at) => at - cut),
      indices,
    },
  ];
}

/**
 * A batch as itself and what it has too much: the first is of at most so many
 * bytes, or of one item.
 */
export function fitting(
  batch: BulkBatch,
  bytes: number,
): [BulkBatch, ...BulkBatch[]] {
  if (batch.bytes.length <= bytes || itemCount(batch) < 2) return [batch];
  const [head, tail] = halves(batch);
  const [first, ...rest] = fitting(head, bytes);
  return [first, ...rest, tail];
}

/** The id in an item's action line; empty without. */
export function idOf(item: Buffer): string {
  const line = item.toString("utf8", 0, item.indexOf(10));
  const action = JSON.parse(line) as { index?: { _id?: string } };
  return action.index?._id ?? "";
}

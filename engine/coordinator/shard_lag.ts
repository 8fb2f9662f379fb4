/**
 * How far a shard is behind, as the status tells it.
 *
 * @module
 */
import { SHARD_UNREAD_MS } from "../limits.ts";

/** What is known of a shard's lag. */
export interface KnownLag {
  readonly state: string;
  /** As the service said last. */
  readonly behindLatestMs: number;
  /** When it said so, epoch ms; NaN when it never did. */
  readonly answeredAtMs: number;
}

/**
 * What the service said last; and the time since then, once the shard is not
 * read any more, as merging waits for a sink or it is ahead of others. At the
 * tip of a shard that gets nothing it tells too much: nobody has asked.
 *
 * @param entry The shard.
 * @param nowMs Epoch ms.
 */
export function lagOf(
  { state, behindLatestMs, answeredAtMs }: KnownLag,
  nowMs: number,
): number {
  const isOpen = state === "reading" || state === "moving";
  const unreadMs = nowMs - answeredAtMs;
  const isUnread = isOpen && unreadMs >= SHARD_UNREAD_MS;
  return behindLatestMs + (isUnread ? unreadMs : 0);
}

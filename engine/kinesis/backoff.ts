/**
 * How long to wait before trying something again.
 *
 * @module
 */

/** Bounds of a wait. */
export interface BackoffBounds {
  /** The first wait, before jitter, ms. */
  readonly firstMs: number;
  /** The longest wait, before jitter, ms. */
  readonly mostMs: number;
}

/**
 * A wait that doubles with each attempt up to a bound, half of it by chance,
 * so that many who failed together don't come back together.
 *
 * @param attempt 1 after the first failure.
 * @param bounds In ms.
 * @param random Uniform in [0, 1).
 * @returns Milliseconds, between a half and the whole of the doubled wait.
 */
export function backoffMs(
  attempt: number,
  bounds: BackoffBounds,
  random: () => number,
): number {
  const exponent = Math.min(Math.max(attempt, 1) - 1, 30);
  const whole = Math.min(bounds.firstMs * 2 ** exponent, bounds.mostMs);
  return whole * (0.5 + random() / 2);
}

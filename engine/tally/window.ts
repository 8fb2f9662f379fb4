/**
 * Tumbling windows: start inclusive, end exclusive, aligned to the epoch.
 *
 * @module
 */

/**
 * Start of the window that holds a time, also before 1970.
 *
 * @param timeMs Event time, epoch ms.
 * @param windowMs Length of the windows.
 */
export function windowStart(timeMs: number, windowMs: number): number {
  return Math.floor(timeMs / windowMs) * windowMs;
}

/**
 * Whether a watermark has passed a window: no record of it can still come.
 *
 * @param startMs Start of the window.
 * @param windowMs Its length.
 * @param watermarkMs No later record has an event time at or before this.
 */
export function isClosed(
  startMs: number,
  windowMs: number,
  watermarkMs: number,
): boolean {
  return watermarkMs >= startMs + windowMs - 1;
}

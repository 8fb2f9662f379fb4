/**
 * A bar of block characters, an eighth of a column fine.
 *
 * @module
 */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/**
 * Draws a bar.
 *
 * @param share Length, 0 to 1; what lies outside is cut.
 * @param columns Columns of a whole bar.
 * @returns Exactly `columns` wide.
 */
export function bar(share: number, columns: number): string {
  const within = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const eighths = Math.round(within * columns * 8);
  const text = "█".repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? "");
  return text.padEnd(columns);
}

/**
 * A line of differently coloured pieces whose width is known.
 *
 * @module
 */
import { styleText } from "node:util";

/** How a piece looks. */
export type PieceStyle = "plain" | "bold" | "dim" | "cyan" | "yellow" | "red";

/** Text in one style; every character is one column wide. */
export interface Piece {
  readonly text: string;
  readonly style: PieceStyle;
}

/** One line. */
export type StyledLine = readonly Piece[];

/** Makes a piece. */
export function piece(text: string, style: PieceStyle = "plain"): Piece {
  return { text, style };
}

/** Columns that a line takes. */
export function widthOf(line: StyledLine): number {
  return line.reduce((sum, { text }) => sum + text.length, 0);
}

/** A line with spaces after it, at least `columns` wide. */
function padded(line: StyledLine, columns: number): StyledLine {
  return [...line, piece(" ".repeat(Math.max(0, columns - widthOf(line))))];
}

/** Two blocks side by side. */
export function beside(
  left: readonly StyledLine[],
  right: readonly StyledLine[],
  leftColumns: number,
): StyledLine[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, i) => [
    ...padded(left[i] ?? [], leftColumns),
    ...(right[i] ?? []),
  ]);
}

/** The line as a terminal shows it, cut at `columns`. */
export function lineText(
  line: StyledLine,
  columns: number,
  hasColours: boolean,
): string {
  let room = columns;
  let result = "";
  for (const { text, style } of line) {
    const shown = text.slice(0, room);
    room -= shown.length;
    result +=
      hasColours && style !== "plain" && shown.trim() !== ""
        ? styleText(style, shown, { validateStream: false })
        : shown;
  }
  return hasColours ? result : result.trimEnd();
}

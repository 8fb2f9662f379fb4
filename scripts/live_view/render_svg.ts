/**
 * The live view as an SVG picture, for documents.
 *
 * @module
 */
import type { Piece, PieceStyle, StyledLine } from "./styled_line.ts";

/** Pixels of a character and a line. */
const COLUMN_PX = 8.4;
const LINE_PX = 19;
const FONT_PX = 14;
const MARGIN_PX = 18;
/** A bar leaves a little room to the lines above and below. */
const BAR_PX = 13;

const BACKGROUND = "#12161c";
const FILL: Readonly<Record<PieceStyle, string>> = {
  plain: "#d7dde5",
  bold: "#ffffff",
  dim: "#8792a0",
  cyan: "#4cc2d6",
  yellow: "#f2c04b",
  red: "#f07178",
};

/** Characters of bars, by how many eighths of a column they fill. */
const BLOCKS = " ▏▎▍▌▋▊▉█";

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A bar as a rectangle: characters would have gaps in many fonts. */
function barSvg({ text, style }: Piece, x: number, y: number): string {
  let eighths = 0;
  for (const character of text) eighths += BLOCKS.indexOf(character);
  const width = px((eighths / 8) * COLUMN_PX);
  return `<rect x="${px(x)}" y="${px(y - BAR_PX + 3)}" width="${width}" height="${BAR_PX}" fill="${FILL[style]}"/>`;
}

/** Text, stretched to its columns whatever font is there. */
function textSvg({ text, style }: Piece, x: number, y: number): string {
  const start = text.length - text.trimStart().length;
  const shown = text.trim();
  const at = px(x + start * COLUMN_PX);
  const weight = style === "bold" ? ' font-weight="bold"' : "";
  return `<text x="${at}" y="${px(y)}" textLength="${px(shown.length * COLUMN_PX)}" fill="${FILL[style]}"${weight}>${escaped(shown)}</text>`;
}

function lineSvg(line: StyledLine, y: number): string[] {
  let x = MARGIN_PX;
  return line.flatMap((piece) => {
    const at = x;
    x += piece.text.length * COLUMN_PX;
    if (piece.text.trim() === "") return [];
    return /[█-▏]/.test(piece.text)
      ? [barSvg(piece, at, y)]
      : [textSvg(piece, at, y)];
  });
}

/**
 * Draws lines as SVG.
 *
 * @param lines Such as `liveLines()` makes.
 * @param columns Width of the picture.
 */
export function renderSvg(
  lines: readonly StyledLine[],
  columns: number,
): string {
  const width = px(columns * COLUMN_PX + 2 * MARGIN_PX);
  const height = px(lines.length * LINE_PX + 2 * MARGIN_PX);
  const content = lines.flatMap((line, i) =>
    lineSvg(line, MARGIN_PX + i * LINE_PX + FONT_PX),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_PX}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    ...content,
    "</svg>\n",
  ].join("\n");
}

/**
 * A chart of a run against its peers, made of the run's own data.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { OURS } from "./contenders.ts";
import type { Environment } from "./environment.ts";
import { environmentLine } from "./environment.ts";
import type { CaseResult } from "./report.ts";
import { figure } from "./samples.ts";

const WIDTH = 720;
const NAME_WIDTH = 150;
const BAR_WIDTH = 440;
const ROW_HEIGHT = 34;
const BAR_HEIGHT = 20;
const TOP = 40;
const BOTTOM = 30;
const SUFFIX = ", cost";

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** One contender's bar, with its spread as a line. */
function row(
  name: string,
  { median, least, most }: { median: number; least: number; most: number },
  [y, scale]: readonly [number, number],
): string {
  const x = (value: number) => (NAME_WIDTH + value * scale).toFixed(1);
  const middle = y + BAR_HEIGHT / 2;
  return `<text x="${NAME_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>
<rect x="${NAME_WIDTH}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR_HEIGHT}" fill="${name === OURS ? "#c77700" : "#7d8590"}"/>
<line x1="${x(least)}" y1="${middle}" x2="${x(most)}" y2="${middle}" stroke="#24292f"/>
<text x="${Number(x(most)) + 8}" y="${middle + 4}">${figure(median)}</text>`;
}

/** Writes the costs of all contenders as bars; shorter is better. */
export function writeChart(
  path: string,
  { measures }: CaseResult,
  where: Environment,
): void {
  const costs = measures.filter(({ name }) => name.endsWith(SUFFIX));
  const most = Math.max(...costs.map(({ spread }) => spread.most));
  const scale = BAR_WIDTH / most;
  const height = TOP + costs.length * ROW_HEIGHT + BOTTOM;
  const rows = costs.map(({ name, spread }, i) =>
    row(name.slice(0, -SUFFIX.length), spread, [TOP + i * ROW_HEIGHT, scale]),
  );
  writeFileSync(
    path,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" fill="#24292f">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="8" y="22" font-weight="bold">CPU seconds per million events (median, least to most)</text>
${rows.join("\n")}
<text x="8" y="${height - 10}" font-size="11">${escaped(environmentLine(where))}</text>
</svg>
`,
  );
}

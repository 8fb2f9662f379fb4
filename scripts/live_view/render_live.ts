/**
 * The engine's status as a picture for a terminal.
 *
 * @module
 */
import type { EngineStatus } from "../../engine/status/status.ts";
import { bar } from "./bar.ts";
import {
  countText,
  dayTimeText,
  decimalText,
  eventTimeText,
  sizeText,
  spanText,
  stopwatchText,
} from "./figures.ts";
import {
  beside,
  lineText,
  type Piece,
  piece,
  type StyledLine,
  widthOf,
} from "./styled_line.ts";

/** Where the picture must fit, and how it looks. */
export interface LiveViewport {
  readonly columns: number;
  /** @default {24} */
  readonly rows?: number;
  /** @default {false} */
  readonly hasColours?: boolean;
  /** Address of the status server, shown in the head. */
  readonly url?: string | undefined;
}

/** Wider than this the eye no longer connects a name with its bar. */
const COLUMNS_MAX = 100;
/** Below this everything stands under each other. */
const TWO_COLUMNS_MIN = 64;
/** Keys shown when there is room. */
const TOP_MAX = 10;
const BAR_COLUMNS_MIN = 6;
const LABEL_COLUMNS = 11;
/** Room that the head leaves for anything but the source. */
const HEAD_COLUMNS = 36;

/** How the taxi job's queries are called in the picture. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["pickup_count", "pickups by cell"],
  ["trip_duration", "average minutes to"],
]);

function titleOf(query: string): string {
  return TITLES.get(query) ?? query.replaceAll("_", " ");
}

/** A name that may be a path: its end says more than its beginning. */
function shortened(text: string, columns: number): string {
  const room = Math.max(8, columns);
  return text.length <= room ? text : `…${text.slice(1 - room)}`;
}

function headLine(
  status: EngineStatus,
  { url }: LiveViewport,
  columns: number,
): StyledLine {
  const { version, source, state, startedAtMs, nowMs } = status;
  const left = [
    piece(`flagdrop ${version}`, "bold"),
    piece(` · ${shortened(source, columns - HEAD_COLUMNS)} · `, "dim"),
    piece(state, state === "running" ? "cyan" : "yellow"),
    piece(` ${stopwatchText(nowMs - startedAtMs)}`),
  ];
  const right = piece(url ?? "", "dim");
  const gap = columns - widthOf(left) - right.text.length;
  return gap < 2 ? left : [...left, piece(" ".repeat(gap)), right];
}

function figure(label: string, value: string, style?: Piece["style"]) {
  return [piece(label.padEnd(LABEL_COLUMNS), "dim"), piece(value, style)];
}

function filteredOf({ counts }: EngineStatus): number {
  return Object.values(counts.filtered).reduce((sum, one) => sum + one, 0);
}

function figureLines(status: EngineStatus): [StyledLine[], StyledLine[]] {
  const { counts, deadLetters, sinks } = status;
  const lost = deadLetters + counts.late + counts.outOfRange;
  const pending = sinks.reduce((sum, one) => sum + one.pendingDocuments, 0);
  return [
    [
      figure("events/s", countText(status.eventsPerSecond), "bold"),
      figure("events", countText(counts.read)),
      figure("filtered", countText(filteredOf(status))),
      figure(
        "dead, late",
        `${countText(counts.dead)}, ${countText(counts.late)}`,
        lost > 0 ? "yellow" : "plain",
      ),
    ],
    [
      figure("lag", spanText(status.behindLatestMs), "bold"),
      figure("watermark", dayTimeText(status.watermarkMs), "bold"),
      figure("windows", countText(status.windowsFired)),
      figure(
        "documents",
        countText(status.documentsFired) +
          (pending > 0 ? ` (${countText(pending)} on their way)` : ""),
      ),
    ],
  ];
}

/** Files have no shards. */
function shardsText(count: number): string {
  if (count === 0) return "";
  return count === 1 ? "1 shard, " : `${count} shards, `;
}

function workerLines(status: EngineStatus, barColumns: number): StyledLine[] {
  return status.workers.map(({ worker, cpuShare, shards, records }) => [
    piece(`worker ${worker}`.padEnd(LABEL_COLUMNS), "dim"),
    piece(`${String(Math.round(cpuShare * 100)).padStart(3)} % busy `),
    piece(bar(cpuShare, barColumns), "cyan"),
    piece(`  ${shardsText(shards)}${countText(records)} events`, "dim"),
  ]);
}

/** A name, its bar and its figure, for the keys of a window. */
function topLines(
  latest: EngineStatus["latest"][number],
  columns: number,
  count: number,
): StyledLine[] {
  const top = latest.top.slice(0, count);
  const names = top.map(({ key }) => Object.values(key).join(" "));
  const nameColumns = Math.max(0, ...names.map(({ length }) => length)) + 2;
  const most = Math.max(1, ...top.map((one) => one.count));
  const countColumns = countText(most).length;
  const barColumns = Math.max(
    BAR_COLUMNS_MIN,
    columns - nameColumns - countColumns - 1,
  );
  return [
    [
      piece(titleOf(latest.query), "bold"),
      piece(`, window to ${eventTimeText(latest.timestampMs + 1)}`, "dim"),
    ],
    ...top.map((one, i) => [
      piece((names[i] ?? "").padEnd(nameColumns)),
      piece(bar(one.count / most, barColumns), "yellow"),
      piece(` ${countText(one.count).padStart(countColumns)}`),
    ]),
  ];
}

/** The averages of a query by zone. */
function zoneLines(latest: EngineStatus["latest"][number]): StyledLine[] {
  const zones = Object.entries(latest.averageByZone);
  zones.sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    [piece(titleOf(latest.query), "bold")],
    ...zones.map(([zone, average]) => [
      piece(`${zone}  `),
      piece(decimalText(average).padStart(5), "bold"),
    ]),
  ];
}

/** The newest windows, in at most `rows` lines. */
function latestLines(
  { latest }: EngineStatus,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): StyledLine[] {
  const hasZones = (one: EngineStatus["latest"][number]) =>
    Object.keys(one.averageByZone).length > 0;
  const ranked = latest.find((one) => !hasZones(one));
  const zones = latest.filter(hasZones).flatMap(zoneLines);
  if (ranked === undefined) return zones;
  const isWide = columns >= TWO_COLUMNS_MIN;
  const room = rows - 1 - (isWide ? 0 : zones.length);
  const count = Math.max(1, Math.min(TOP_MAX, room));
  if (!isWide) return [...topLines(ranked, columns, count), ...zones];
  const leftColumns = Math.floor(columns * 0.7);
  return beside(topLines(ranked, leftColumns - 4, count), zones, leftColumns);
}

/** Columns of the picture in a viewport. */
function columnsOf(viewport: LiveViewport): number {
  // The last column stays free: some terminals wrap as soon as it is written.
  return Math.min(COLUMNS_MAX, viewport.columns - 1);
}

/**
 * Draws the picture as pieces.
 *
 * @param status What to show.
 * @param viewport Its size; there are fewer lines than rows.
 * @returns Lines, perhaps wider than the viewport.
 */
export function liveLines(
  status: EngineStatus,
  viewport: LiveViewport,
): StyledLine[] {
  const { rows = 24 } = viewport;
  const columns = columnsOf(viewport);
  const isWide = columns >= TWO_COLUMNS_MIN;
  const [left, right] = figureLines(status);
  const fixed: StyledLine[] = [
    headLine(status, viewport, columns),
    [],
    ...(isWide
      ? beside(left, right, Math.floor(columns / 2))
      : [...left, ...right]),
    [],
    ...workerLines(status, isWide ? 20 : 10),
    figure("memory", sizeText(status.rssBytes)),
    [],
  ];
  // One row stays free for the cursor.
  const room = { columns, rows: rows - 1 - fixed.length };
  const lines = [...fixed, ...latestLines(status, room)];
  return lines.slice(0, Math.max(1, rows - 1));
}

/**
 * Draws the picture as text.
 *
 * @param status What to show.
 * @param viewport Its size; no line is wider, and it is no higher.
 * @returns Lines, without a line feed at the end.
 */
export function renderLive(
  status: EngineStatus,
  viewport: LiveViewport,
): string {
  const { hasColours = false } = viewport;
  const columns = columnsOf(viewport);
  return liveLines(status, viewport)
    .map((line) => lineText(line, columns, hasColours))
    .join("\n");
}

/**
 * What the demo says at its end.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";
import { accountedFor, type EngineStatus } from "../../engine/status/status.ts";
import type { CommandContext } from "../context.ts";
import {
  countText,
  decimalText,
  eventTimeText,
  sizeText,
} from "../live_view/figures.ts";
import { progressFields } from "../live_view/render_line.ts";
import {
  type SampleQuestion,
  type SampleRow,
  sampleQuestion,
  sampleStore,
  storeBytes,
} from "./demo_store.ts";

/** What the store says of itself. */
export interface StoreFigures {
  readonly path: string;
  readonly bytes: number;
  /** Undefined for a job that doesn't count by cell. */
  readonly question: SampleQuestion | undefined;
  readonly rows: readonly SampleRow[];
}

const LABEL_COLUMNS = 15;
const COUNT_COLUMNS = 12;

function countLine(label: string, count: number, note = ""): string {
  const line = `  ${label.padEnd(LABEL_COLUMNS)}${countText(count).padStart(COUNT_COLUMNS)}`;
  return note === "" ? line : `${line}  ${note}`;
}

/** `outside the city 60,000, …`, by count. */
function reasonsText(filtered: Readonly<Record<string, number>>): string {
  return Object.entries(filtered)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(
      ([reason, count]) => `${reason.replaceAll("_", " ")} ${countText(count)}`,
    )
    .join(", ");
}

function countLines({ counts }: EngineStatus): string[] {
  let filtered = 0;
  for (const count of Object.values(counts.filtered)) filtered += count;
  const others: readonly (readonly [string, number])[] = [
    ["refused", counts.watermarksRefused],
    ["dead letters", counts.dead],
    ["late", counts.late],
    ["out of range", counts.outOfRange],
  ];
  const difference = counts.read - accountedFor(counts);
  return [
    countLine("records read", counts.read),
    countLine("tallied", counts.tallied),
    countLine("filtered out", filtered, reasonsText(counts.filtered)),
    countLine("watermarks", counts.watermarksTaken),
    ...others
      .filter(([, count]) => count > 0)
      .map(([label, count]) => countLine(label, count)),
    difference === 0
      ? "  Every record is accounted for."
      : `  ${countText(difference)} records are not accounted for: please report this.`,
  ];
}

function sampleLines({ path, question, rows }: StoreFigures): string[] {
  if (question === undefined) return [];
  const { noun, sql } = question;
  const most = rows.map(({ cell, events }) => countLine(cell, events));
  return [
    ...(most.length === 0 ? [] : ["", `Most ${noun} of the whole run:`]),
    ...most,
    "",
    "Ask it yourself, with DuckDB's own command:",
    `  duckdb ${path} "${sql.replaceAll('"', '\\"')}"`,
  ];
}

/** The summary, several lines. */
export function summaryText(status: EngineStatus, store: StoreFigures): string {
  const seconds = Math.max(0.001, (status.nowMs - status.startedAtMs) / 1_000);
  const perSecond = status.counts.read / seconds;
  const lines = [
    `Ran ${decimalText(seconds)} s at ${countText(perSecond)} records/s, up to ${eventTimeText(status.watermarkMs)} of event time.`,
    ...countLines(status),
    countLine("windows fired", status.windowsFired),
    countLine(
      "documents",
      status.documentsFired,
      `in ${store.path}, ${sizeText(store.bytes)}`,
    ),
    ...sampleLines(store),
  ];
  return `${lines.join("\n")}\n`;
}

/** Writes the summary where the command's lines go. */
export async function writeSummary(
  status: EngineStatus,
  { path, plan }: { readonly path: string; readonly plan: JobPlan },
  context: CommandContext,
): Promise<void> {
  const { log, logFormat, stdout } = context;
  const bytes = await storeBytes(path);
  if (logFormat === "json") {
    const { counts, startedAtMs, nowMs } = status;
    log.info(
      {
        ...progressFields(status),
        elapsedMs: nowMs - startedAtMs,
        counts,
        store: { path, bytes },
      },
      "summary",
    );
    return;
  }
  const question = sampleQuestion(plan);
  const rows = question === undefined ? [] : await sampleStore(path, question);
  const figures = { path, bytes, question, rows };
  stdout.write(`\n${summaryText(status, figures)}`);
}

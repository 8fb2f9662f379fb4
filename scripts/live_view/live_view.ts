/**
 * Shows a running engine: a picture that is drawn anew on a terminal, lines
 * every few seconds elsewhere.
 *
 * @module
 */
import { createLogUpdate } from "log-update";
import type { EngineStatus } from "../../engine/status/status.ts";
import type { CommandContext } from "../context.ts";
import { progressFields, renderLine } from "./render_line.ts";
import { renderLive } from "./render_live.ts";

/** Time between pictures, ms: calm to read, and windows are seen to move. */
const PICTURE_INTERVAL_MS = 250;
/** Time between lines, ms. */
const LINE_INTERVAL_MS = 5_000;

/** Clears a terminal and goes to its first line. */
const CLEAR = "\u001b[2J\u001b[H";

/** Options for {@linkcode showLive}. */
export interface LiveViewOptions {
  readonly status: () => EngineStatus;
  readonly context: Pick<
    CommandContext,
    "log" | "logFormat" | "screen" | "stdout" | "isTerminal"
  >;
  /** Address of the status server. */
  readonly url?: string | undefined;
  /**
   * Takes the lines where there is no picture.
   *
   * @default {the screen, which is standard error}
   */
  readonly lines?: { write(text: string): void };
  /** Time between lines, ms. @default {5000} */
  readonly lineIntervalMs?: number;
  /** Lines even on a terminal, where documents go to standard output. */
  readonly isPlain?: boolean;
}

/** A view under way. */
export interface LiveView {
  /** Shows the last state and ends; idempotent. */
  close(): void;
}

/** Whether a terminal wants colours; `NO_COLOR` of any value says no. */
function wantsColours(output: NodeJS.WritableStream): boolean {
  if (process.env["NO_COLOR"]) return false;
  return "hasColors" in output && typeof output.hasColors === "function"
    ? Boolean(output.hasColors())
    : false;
}

function showPicture(options: LiveViewOptions): LiveView {
  const { status, context, url } = options;
  const { stdout, screen } = context;
  const hasColours = wantsColours(stdout);
  const update = createLogUpdate(stdout);
  const draw = () => {
    const { columns = 80, rows = 24 } = stdout as NodeJS.WriteStream;
    update(renderLive(status(), { columns, rows, hasColours, url }));
  };
  screen.hold((line) => {
    update.persist(line.trimEnd());
    draw();
  });
  // A terminal that gets narrower breaks the lines that are there.
  const redraw = () => {
    update.clear();
    stdout.write(CLEAR);
    draw();
  };
  stdout.on("resize", redraw);
  draw();
  const timer = setInterval(draw, PICTURE_INTERVAL_MS);
  return {
    close() {
      clearInterval(timer);
      stdout.off("resize", redraw);
      draw();
      update.done();
      screen.release();
    },
  };
}

function showLines(options: LiveViewOptions): LiveView {
  const { status, context, lineIntervalMs = LINE_INTERVAL_MS } = options;
  const { log, logFormat, screen } = context;
  const { lines = screen } = options;
  const show = () => {
    if (logFormat === "json") log.info(progressFields(status()), "progress");
    else lines.write(`${renderLine(status())}\n`);
  };
  const timer = setInterval(show, lineIntervalMs);
  return {
    close() {
      clearInterval(timer);
    },
  };
}

/** Shows an engine until it is closed. */
export function showLive(options: LiveViewOptions): LiveView {
  const isPicture = options.context.isTerminal && options.isPlain !== true;
  const view = isPicture ? showPicture(options) : showLines(options);
  let isOpen = true;
  return {
    close() {
      if (isOpen) view.close();
      isOpen = false;
    },
  };
}

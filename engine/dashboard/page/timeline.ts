/**
 * The scrubber: all event time that is kept, as bars, with a handle for the
 * time on the map.
 *
 * @module
 */
import type { EventTimeRange } from "../../results/results.ts";
import { type CorrectedTimes, correctedText } from "./corrected_windows.ts";
import { byId, setText, themeColour } from "./dom.ts";
import { dayText, rangeText } from "./format.ts";

/** Room for the days' names over the bars, and for marks under them. */
const DAYS_PIXELS = 14;
const MARK_PIXELS = 8;

/** Listeners of a {@linkcode Timeline}. */
export interface TimelineListeners {
  /** The map shall end at this time, epoch ms. */
  readonly onEnd: (endMs: number) => void;
}

/** Bars of the timeline. */
export interface TimelineBars {
  readonly stepMs: number;
  /** Events by the start of each bar, epoch ms. */
  readonly events: ReadonlyMap<number, number>;
  /** Timestamps of windows that late events have changed. */
  readonly corrected: CorrectedTimes;
}

/** The scrubber. */
export class Timeline {
  readonly #slider = byId<HTMLInputElement>("slider");
  readonly #canvas = byId<HTMLCanvasElement>("bars");
  readonly #label = byId("range-text");
  #extent: EventTimeRange | undefined;
  #range: EventTimeRange | undefined;
  #bars: TimelineBars = { stepMs: 0, events: new Map(), corrected: [] };

  constructor({ onEnd }: TimelineListeners) {
    this.#slider.addEventListener("input", () => {
      onEnd(Number(this.#slider.value));
    });
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
  }

  /** Shows what is kept and what the map shows. */
  show(
    extent: EventTimeRange | undefined,
    range: EventTimeRange | undefined,
    windowMs: number,
  ): void {
    this.#extent = extent;
    this.#range = range;
    const isEmpty = extent === undefined || range === undefined;
    this.#slider.disabled = isEmpty;
    if (isEmpty) {
      setText(this.#label, "No window has fired yet");
      return;
    }
    this.#slider.min = String(extent.fromMs + 1 - windowMs + windowMs);
    this.#slider.max = String(Math.max(extent.toMs, range.toMs));
    this.#slider.step = String(windowMs);
    this.#slider.value = String(range.toMs);
    const text = rangeText(range.fromMs, range.toMs);
    const corrected = correctedText(this.#bars.corrected, range);
    this.#slider.setAttribute(
      "aria-valuetext",
      corrected === "" ? text : `${text}, ${corrected}`,
    );
    setText(this.#label, text);
    this.draw();
  }

  /** The bars from the next `show` on. */
  showBars(bars: TimelineBars): void {
    this.#bars = bars;
  }

  /** Draws the bars. */
  draw(): void {
    const canvas = this.#canvas;
    const context = canvas.getContext("2d");
    const extent = this.#extent;
    if (context === null || extent === undefined) return;
    const ratio = window.devicePixelRatio;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.clearRect(0, 0, width, height);
    const spanMs = Math.max(1, extent.toMs - extent.fromMs);
    const xOf = (ms: number) => ((ms - extent.fromMs) / spanMs) * width;
    this.#drawDays(context, xOf, [width, height]);
    const { stepMs, events } = this.#bars;
    let most = 1;
    for (const count of events.values()) most = Math.max(most, count);
    const range = this.#range ?? extent;
    const foot = height - MARK_PIXELS * ratio;
    const colours = [themeColour("--bar"), themeColour("--accent-strong")];
    for (const [ms, count] of events) {
      const isShown = ms < range.toMs && ms + stepMs > range.fromMs;
      context.fillStyle = colours[isShown ? 1 : 0] ?? "";
      const x = Math.round(xOf(ms));
      const next = Math.round(xOf(ms + stepMs));
      const tall = (count / most) * (foot - DAYS_PIXELS * ratio);
      context.fillRect(x, foot - tall, Math.max(1, next - x - 1), tall);
    }
    context.fillStyle = themeColour("--marked");
    const from = xOf(range.fromMs);
    context.fillRect(from, 0, Math.max(2, xOf(range.toMs) - from), height);
    this.#drawCorrected(context, xOf, height);
  }

  /** A triangle under each bar with windows that late events have changed. */
  #drawCorrected(
    context: CanvasRenderingContext2D,
    xOf: (ms: number) => number,
    height: number,
  ): void {
    const { stepMs, corrected } = this.#bars;
    if (stepMs === 0) return;
    const size = (MARK_PIXELS - 1) * window.devicePixelRatio;
    const bars = new Set(corrected.map((ms) => Math.floor(ms / stepMs)));
    context.fillStyle = themeColour("--corrected");
    context.beginPath();
    for (const bar of bars) {
      const x = xOf((bar + 0.5) * stepMs);
      context.moveTo(x, height - size);
      context.lineTo(x + size * 0.7, height);
      context.lineTo(x - size * 0.7, height);
    }
    context.fill();
  }

  /** Names of days, as far as there is room. */
  #drawDays(
    context: CanvasRenderingContext2D,
    xOf: (ms: number) => number,
    [width, height]: readonly [number, number],
  ): void {
    const day = 86_400_000;
    const { fromMs = 0, toMs = 0 } = this.#extent ?? {};
    const ratio = window.devicePixelRatio;
    const room = 90 * ratio;
    const every = Math.max(
      1,
      Math.ceil((((toMs - fromMs) / day) * room) / width),
    );
    context.font = `${10 * ratio}px system-ui, sans-serif`;
    context.textBaseline = "top";
    for (let ms = Math.ceil(fromMs / day) * day; ms < toMs; ms += every * day) {
      const x = Math.round(xOf(ms));
      context.fillStyle = themeColour("--line");
      context.fillRect(x, 0, ratio, height);
      context.fillStyle = themeColour("--muted");
      const text = dayText(ms).replace(/ \d{4}$/, "");
      context.fillText(text, x + 4 * ratio, 0);
    }
  }
}

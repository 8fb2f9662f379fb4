/**
 * Lines over event time.
 *
 * @module
 */
import uPlot from "uplot";
import { themeColour } from "./dom.ts";
import { clockText, dayText, shortCount } from "./format.ts";

/** One line of a chart. */
export interface ChartLine {
  readonly name: string;
  /** A custom property of the theme. */
  readonly colour: string;
  readonly isDashed?: boolean;
  readonly isFilled?: boolean;
}

/** Options for {@linkcode TimeChart}. */
export interface TimeChartOptions {
  readonly lines: readonly ChartLine[];
  readonly height: number;
  /** A value with its unit. */
  readonly valueText: (value: number) => string;
  /** Whether values begin at 0. @default {true} */
  readonly fromZero?: boolean;
  /** A moment was clicked, epoch ms. */
  readonly onPick?: (ms: number) => void;
}

/** A point missing for longer than this many steps breaks the line. */
const GAP_STEPS = 12;

/** A chart of a single moment spans this around it, seconds. */
const LONE_SECONDS = 1_800;

/** Times in seconds, and a column of values for each line. */
type Columns = [number[], ...(number | null)[][]];

function axisTime(ms: number, spanMs: number): string {
  return spanMs > 2 * 86_400_000
    ? dayText(ms).replace(/ \d{4}$/, "")
    : clockText(ms);
}

/** As short as can be: `4 k`, not `4.00 k`. */
function axisCount(value: number): string {
  return shortCount(value).replace(/\.0+(?= )/, "");
}

/** A chart whose x is event time. */
export class TimeChart {
  readonly #root: HTMLElement;
  readonly #options: TimeChartOptions;
  #plot: uPlot | undefined;
  #columns: Columns = [[]];
  #marked: readonly [number, number] | undefined;

  constructor(root: HTMLElement, options: TimeChartOptions) {
    this.#root = root;
    this.#options = options;
    new ResizeObserver(() => {
      const { clientWidth: width } = root;
      if (width === 0) return;
      if (this.#plot === undefined) this.restyle();
      else this.#plot.setSize({ width, height: options.height });
    }).observe(root);
  }

  /** Makes the chart anew, in the theme's present colours. */
  restyle(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    const { clientWidth: width } = this.#root;
    if (width === 0) return;
    this.#plot = new uPlot(
      this.#plotOptions(width),
      this.#columns as uPlot.AlignedData,
      this.#root,
    );
  }

  /**
   * Shows lines.
   *
   * @param points A map from epoch ms to the value, for each line.
   * @param marked The time that the map shows.
   */
  show(
    points: readonly ReadonlyMap<number, number>[],
    marked: readonly [number, number] | undefined,
  ): void {
    const times = [...new Set(points.flatMap((one) => [...one.keys()]))];
    times.sort((a, b) => a - b);
    this.#columns = [
      times.map((ms) => ms / 1_000),
      ...points.map((line) => times.map((ms) => line.get(ms) ?? null)),
    ];
    this.#marked = marked;
    this.#plot?.setData(this.#columns as uPlot.AlignedData);
  }

  #plotOptions(width: number): uPlot.Options {
    const { lines, height, valueText, fromZero = true } = this.#options;
    const text = themeColour("--muted");
    const grid = { stroke: themeColour("--line"), width: 1 };
    const font = "11px system-ui, sans-serif";
    return {
      width,
      height,
      padding: [8, 20, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
      cursor: { y: false, points: { size: 7 } },
      legend: { show: true, live: true },
      scales: {
        x: {
          time: true,
          // uPlot would give a single moment years.
          range: ({ data: [times] }, min, max) => {
            const [lone = min] = times;
            return times.length === 1
              ? [lone - LONE_SECONDS, lone + LONE_SECONDS]
              : [min, max];
          },
        },
        y: {
          range: (_, min, max) =>
            fromZero
              ? [0, Math.max(1, (max ?? 1) * 1.08)]
              : [Math.max(0, (min ?? 0) * 0.9), Math.max(1, (max ?? 1) * 1.08)],
        },
      },
      axes: [
        {
          stroke: text,
          font,
          grid: { show: false },
          ticks: { show: false },
          size: 24,
          space: 64,
          values: (plot, splits) => {
            const { min = 0, max = 0 } = plot.scales["x"] ?? {};
            const spanMs = ((max ?? 0) - (min ?? 0)) * 1_000;
            return splits.map((seconds) => axisTime(seconds * 1_000, spanMs));
          },
        },
        {
          stroke: text,
          font,
          grid,
          ticks: { show: false },
          size: 40,
          space: 28,
          values: ({ data: [times] }, splits) =>
            times.length === 0 ? splits.map(() => "") : splits.map(axisCount),
        },
      ],
      series: [
        {
          label: "",
          value: (_, seconds) =>
            seconds == null
              ? ""
              : `${dayText(seconds * 1_000)} ${clockText(seconds * 1_000)}`,
        },
        ...lines.map((line) => seriesOf(line, valueText)),
      ],
      hooks: {
        drawClear: [(plot) => this.#mark(plot)],
        ready: [(plot) => this.#listen(plot)],
      },
    };
  }

  /** Shades the time that the map shows. */
  #mark(plot: uPlot): void {
    if (this.#marked === undefined) return;
    const [from, to] = this.#marked.map((ms) =>
      plot.valToPos(ms / 1_000, "x", true),
    );
    const { left, top, width, height } = plot.bbox;
    const x0 = Math.max(left, from ?? left);
    const x1 = Math.min(left + width, Math.max(to ?? left, x0 + 2));
    if (x1 <= x0) return;
    plot.ctx.fillStyle = themeColour("--marked");
    plot.ctx.fillRect(x0, top, x1 - x0, height);
  }

  #listen(plot: uPlot): void {
    const { onPick } = this.#options;
    if (onPick === undefined) return;
    plot.over.addEventListener("click", () => {
      const seconds = plot.data[0][plot.cursor.idx ?? -1];
      if (seconds !== undefined) onPick(seconds * 1_000);
    });
  }
}

function seriesOf(
  line: ChartLine,
  valueText: (value: number) => string,
): uPlot.Series {
  const colour = themeColour(line.colour);
  return {
    label: line.name,
    stroke: colour,
    width: 2,
    // A line of one point would be none.
    points: { show: (plot) => plot.data[0].length === 1 },
    value: (_, value) => (value == null ? "" : valueText(value)),
    gaps: (plot, _series, ...[i0, i1, gaps]) =>
      gaps.filter(([from, to]) => {
        const perPoint = plot.bbox.width / Math.max(1, i1 - i0);
        return to - from > GAP_STEPS * perPoint;
      }),
    ...(line.isDashed === true && { dash: [6, 4] }),
    ...(line.isFilled === true && { fill: `${colour}38` }),
  };
}

/**
 * The city view: map, scrubber and what stands beside them, live or at some
 * other time. It is one thing: the state that they share, and who changes it.
 *
 * @module
 */
import type { EventTimeRange } from "../../results/results.ts";
import type { EngineStatus } from "../../status/status.ts";
import { chartSpan } from "../chart_span.ts";
import type { CityChoice, CityState } from "../city_state.ts";
import { eventNoun, type MapQueries, mapQueries } from "../map_queries.ts";
import type { Schema } from "./api.ts";
import { CellCard } from "./cell_card.ts";
import { CityControls, type CityMode } from "./city_controls.ts";
import { linePoints } from "./city_figures.ts";
import { CityMap } from "./city_map.ts";
import { readPast } from "./city_past.ts";
import { CitySide } from "./city_side.ts";
import { ColourChoice } from "./colour_choice.ts";
import {
  averageBreaks,
  calmBreaks,
  RAMPS,
  scaleBreaks,
} from "./colour_scale.ts";
import {
  type CorrectedTimes,
  correctedText,
  correctedTimes,
} from "./corrected_windows.ts";
import { byId, setText } from "./dom.ts";
import { countText } from "./format.ts";
import { showLegend } from "./legend.ts";
import { type MapCell, mapCells, precisionFor } from "./map_cells.ts";
import type { MapScene } from "./map_draw.ts";
import { boxAround, hasHome, homeOf, mapColours } from "./map_scene.ts";
import { Timeline } from "./timeline.ts";

/** Time between two pictures while playing, ms. */
const PLAY_INTERVAL_MS = 350;
/** How often the card of a cell is asked for while live, ms. */
const CARD_INTERVAL_MS = 2_000;
/** What is shown at first, in windows. */
const WINDOWS_DEFAULT = 6;
/** Cells at first, until the map has a size. */
const PRECISION_DEFAULT = 6;

/** Options for {@linkcode CityView}. */
export interface CityViewOptions {
  readonly schema: Schema;
  readonly scene: Omit<MapScene, "cells" | "breaks" | "ramp">;
  /** Address of raster tiles to lay under the cells, if any. */
  readonly tiles: string | undefined;
  /** What stands on the map about them. */
  readonly tilesCredit: string | undefined;
  readonly theme: () => "light" | "dark";
  /** The feed shall send this. */
  readonly onWatch: (choice: CityChoice) => void;
  readonly onError: (error: unknown) => void;
}

/** The view. */
export class CityView {
  readonly #options: CityViewOptions;
  readonly #queries: MapQueries;
  readonly #noun: string;
  readonly #windowMs: number;
  readonly #map: CityMap;
  readonly #side: CitySide;
  readonly #card: CellCard;
  readonly #controls: CityControls;
  readonly #colour: ColourChoice;
  readonly #timeline: Timeline;
  /** Whether the map still has to go to where the cells are. */
  #isHomeless: boolean;
  #mode: CityMode = "live";
  #windows = WINDOWS_DEFAULT;
  #precision = PRECISION_DEFAULT;
  #state: CityState | undefined;
  #corrected: CorrectedTimes = [];
  #extent: EventTimeRange | undefined;
  #breaks: readonly number[] = [];
  #selected: string | undefined;
  #abort = new AbortController();
  #cardAtMs = 0;

  constructor(options: CityViewOptions) {
    const { schema, scene } = options;
    this.#options = options;
    this.#isHomeless = !hasHome(schema);
    this.#queries = mapQueries(schema.queries);
    this.#noun = eventNoun(this.#queries.map?.measures ?? []);
    this.#windowMs = this.#queries.map?.windowMs ?? 600_000;
    this.#colour = new ColourChoice(this.#queries, this.#noun, {
      onChoose: () => this.#recolour(),
    });
    const ramp = RAMPS[options.theme()];
    this.#map = new CityMap(
      byId<HTMLCanvasElement>("map"),
      {
        ...scene,
        cells: [],
        breaks: [],
        ramp,
        home: homeOf(schema),
        tiles: options.tiles,
      },
      {
        onZoom: (worldWidth) => this.#zoomed(worldWidth),
        onSelect: (cell) => this.#select(cell),
        onHover: (cell, at) => this.#hover(cell, at),
      },
    );
    this.#side = new CitySide(this.#queries, this.#noun, {
      onSelect: (cell) => this.#select(cell),
      onPick: (ms) => this.#goTo(ms + this.#spanMs / 2),
    });
    this.#card = new CellCard(this.#noun, () => this.#select(undefined));
    this.#timeline = new Timeline({ onEnd: (endMs) => this.#goTo(endMs) });
    this.#controls = new CityControls(this.#windowMs, {
      onSpan: (windows) => this.#span(windows),
      onLive: () => this.#live(),
      onPause: () => this.#pause(),
      onPlay: () => this.#play(),
      onStep: (direction) => this.#goTo(this.#endMs + direction * this.#spanMs),
      onRange: (range) => this.#showRange(range),
    });
    for (const [id, run] of [
      ["zoom-in", () => this.#map.zoomBy(1.5)],
      ["zoom-out", () => this.#map.zoomBy(1 / 1.5)],
      ["zoom-fit", () => this.#map.fit()],
    ] as const) {
      byId(id).addEventListener("click", run);
    }
    setText(byId("events-name"), this.#noun);
    setText(byId("events-title"), `${this.#noun} over time`);
    const { tilesCredit } = options;
    byId("tiles-source").hidden = tilesCredit === undefined;
    setText(byId("tiles-source"), tilesCredit ?? "");
    this.#showMode();
    this.#watch();
  }

  get #spanMs(): number {
    const { range } = this.#state ?? {};
    return this.#mode !== "live" && range
      ? range.toMs - range.fromMs
      : this.#windows * this.#windowMs;
  }

  get #endMs(): number {
    return this.#state?.range?.toMs ?? this.#extent?.toMs ?? 0;
  }

  /** The map, for whoever measures how smooth it is. */
  get map(): CityMap {
    return this.#map;
  }

  /** Draws everything anew in the theme's colours. */
  restyle(): void {
    const ramp = RAMPS[this.#options.theme()];
    this.#map.update({ ramp, colours: mapColours() });
    this.#showLegend();
    this.#side.restyle();
    this.#card.restyle();
    this.#timeline.draw();
  }

  /** Takes the newest state; what is shown of another time stays. */
  take(state: CityState, status: EngineStatus | null): void {
    this.#extent = state.extent ?? undefined;
    this.#corrected = correctedTimes(status?.corrections, this.#queries);
    const { barStepMs: stepMs, bars } = state;
    this.#timeline.showBars({
      stepMs,
      events: linePoints(bars),
      corrected: this.#corrected,
    });
    if (this.#mode === "live") this.#show(state);
    else this.#showTimeline();
  }

  #show(state: CityState): void {
    this.#state = state;
    const cells = this.#cellsOf(state);
    this.#map.update({ cells, breaks: this.#breaks });
    this.#showLegend();
    if (this.#isHomeless && cells.length > 0) {
      this.#isHomeless = false;
      this.#map.fit(boxAround(cells.map(({ cell }) => cell)));
    }
    this.#side.show(state);
    this.#showTimeline();
    const isEmpty = cells.length === 0;
    byId("map-empty").hidden = !isEmpty;
    if (isEmpty) setText(byId("map-empty-text"), this.#emptyText());
    const open = state.openWindows.length;
    byId("provisional").hidden = open === 0;
    setText(
      byId("provisional"),
      `hatched: only in ${open} open ${open === 1 ? "window" : "windows"}, provisional`,
    );
    if (this.#selected !== undefined) {
      const { fired = 0, open: more = 0 } =
        this.#map.cell(this.#selected) ?? {};
      this.#card.count(fired + more);
    }
    const nowMs = performance.now();
    if (
      this.#selected !== undefined &&
      nowMs - this.#cardAtMs > CARD_INTERVAL_MS
    ) {
      this.#showCard(this.#selected);
    }
  }

  /** The state's cells; sets the scale of their colours. */
  #cellsOf({ cells, open, cellAverages, openAverages }: CityState): MapCell[] {
    const averages = { fired: cellAverages, open: openAverages };
    const isAverage =
      this.#colour.average !== undefined &&
      (Object.keys(cellAverages).length > 0 ||
        Object.keys(openAverages).length > 0);
    const found = mapCells(cells, open, isAverage ? averages : undefined);
    const shades = found.map(({ fired, open: o, shade = fired + o }) => shade);
    const breaks = isAverage ? averageBreaks(shades) : scaleBreaks(shades);
    this.#breaks = calmBreaks(this.#breaks, breaks);
    return found;
  }

  #showLegend(): void {
    const text =
      this.#colour.average === undefined
        ? undefined
        : (value: number) => value.toFixed(1);
    showLegend(RAMPS[this.#options.theme()], this.#breaks, text);
  }

  /** The colours are to stand for something else. */
  #recolour(): void {
    this.#breaks = [];
    this.#watch();
    if (this.#mode !== "live") this.#readAgain();
  }

  #emptyText(): string {
    if (!this.#options.schema.isKept) {
      return "This run keeps no results, so only open windows show here. Give it --sink duckdb:FILE to see what has been.";
    }
    return this.#extent === undefined
      ? "Waiting for the first window: it fires when the watermark has passed its end."
      : "Nothing happened at this time. Choose another below.";
  }

  #showTimeline(): void {
    const range = this.#state?.range ?? undefined;
    const corrected = correctedText(this.#corrected, range);
    byId("corrected").hidden = corrected === "";
    setText(byId("corrected"), corrected);
    this.#timeline.show(this.#extent, range, this.#windowMs);
    this.#controls.show(this.#mode, this.#windows, range);
  }

  #showMode(): void {
    const words = { live: "live", paused: "paused", playing: "playing" };
    const pill = byId("mode");
    setText(pill, words[this.#mode]);
    pill.setAttribute("data-mode", this.#mode);
    this.#showTimeline();
  }

  #zoomed(worldWidth: number): void {
    const most = this.#queries.map?.precision ?? 6;
    const precision = precisionFor(worldWidth, most);
    if (precision === this.#precision) return;
    this.#precision = precision;
    this.#select(undefined);
    this.#watch();
    if (this.#mode !== "live") this.#readAgain();
  }

  #watch(): void {
    const { onWatch } = this.#options;
    const { average } = this.#colour;
    onWatch({ windows: this.#windows, precision: this.#precision, average });
  }

  #span(windows: number): void {
    const endMs = this.#endMs;
    this.#windows = windows;
    this.#watch();
    if (this.#mode === "live") {
      this.#showTimeline();
      return;
    }
    this.#showRange({ fromMs: endMs - windows * this.#windowMs, toMs: endMs });
  }

  #live(): void {
    this.#abort.abort();
    this.#mode = "live";
    this.#showMode();
    this.#watch();
  }

  #pause(): void {
    this.#mode = "paused";
    this.#showMode();
  }

  #goTo(endMs: number): void {
    const extent = this.#extent;
    if (extent === undefined) return;
    const spanMs = this.#spanMs;
    const toMs = Math.max(
      extent.fromMs + 1,
      Math.min(
        Math.round(endMs / this.#windowMs) * this.#windowMs,
        extent.toMs,
      ),
    );
    this.#showRange({ fromMs: toMs - spanMs, toMs });
  }

  #showRange(range: EventTimeRange): void {
    if (this.#mode === "live") this.#mode = "paused";
    this.#read(range).catch(this.#options.onError);
    this.#showMode();
  }

  #readAgain(): void {
    const { range } = this.#state ?? {};
    if (range) this.#read(range).catch(this.#options.onError);
  }

  #chart(range: EventTimeRange): { chart: EventTimeRange; stepMs: number } {
    const windows = Math.max(
      1,
      Math.round((range.toMs - range.fromMs) / this.#windowMs),
    );
    const { spanMs, stepMs } = chartSpan(windows, this.#windowMs);
    // Some of what came after shows as well.
    const endMs = Math.min(
      range.toMs + spanMs / 4,
      Math.max(range.toMs, this.#extent?.toMs ?? range.toMs),
    );
    const fromMs = Math.floor((endMs - spanMs) / stepMs) * stepMs;
    return { chart: { fromMs, toMs: Math.ceil(endMs) }, stepMs };
  }

  async #read(range: EventTimeRange): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      const state = await readPast(
        {
          queries: this.#queries,
          precision: this.#precision,
          average: this.#colour.average,
          range,
          ...this.#chart(range),
        },
        signal,
      );
      if (!signal.aborted && this.#mode !== "live") this.#show(state);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #play(): void {
    this.#mode = "playing";
    this.#showMode();
    const step = Math.max(this.#windowMs, this.#spanMs / 6);
    const next = () => {
      if (this.#mode !== "playing") return;
      const { range } = this.#state ?? {};
      const endMs = this.#extent?.toMs ?? 0;
      if (!range || range.toMs + step > endMs) return this.#live();
      this.#read({ fromMs: range.fromMs + step, toMs: range.toMs + step })
        .catch((error: unknown) => {
          this.#pause();
          this.#options.onError(error);
        })
        .finally(() => setTimeout(next, PLAY_INTERVAL_MS));
    };
    next();
  }

  #select(cell: string | undefined): void {
    this.#selected = cell;
    this.#map.update({ selected: cell });
    if (cell === undefined) this.#card.hide();
    else this.#showCard(cell);
  }

  #showCard(cell: string): void {
    this.#cardAtMs = performance.now();
    const { range } = this.#state ?? {};
    if (!range) return;
    const found = this.#map.cell(cell);
    const events = (found?.fired ?? 0) + (found?.open ?? 0);
    const choice = {
      cell,
      queries: this.#queries,
      range,
      ...this.#chart(range),
    };
    this.#card.show(choice, events).catch(() => {});
  }

  #hover(cell: MapCell | undefined, [x, y]: readonly [number, number]): void {
    const tip = byId("tip");
    tip.hidden = cell === undefined;
    if (cell === undefined) return;
    const { fired, open, shade } = cell;
    const more = open > 0 ? `, ${countText(open)} of them provisional` : "";
    setText(
      tip,
      `${cell.cell}${shade === undefined ? "" : ` · ${this.#colour.valueText(shade)}`} · ${countText(fired + open)} ${this.#noun}${more}`,
    );
    tip.style.setProperty("translate", `${x + 14}px ${y + 14}px`);
  }
}

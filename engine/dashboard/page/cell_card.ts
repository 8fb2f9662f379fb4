/**
 * The card of one cell: its history and its averages by zone.
 *
 * @module
 */
import { boundsOf, parseGeohash } from "../../geo/geohash.ts";
import type { EventTimeRange, SeriesLine } from "../../results/results.ts";
import { averageOf } from "../city_state.ts";
import type { MapQueries } from "../map_queries.ts";
import { getSeries } from "./api.ts";
import { TimeChart } from "./charts.ts";
import { byId, h, setText } from "./dom.ts";
import { averageText, countText, shortCount, spanText } from "./format.ts";

/** What a card is about. */
export interface CardChoice {
  readonly cell: string;
  readonly queries: MapQueries;
  readonly chart: EventTimeRange;
  readonly stepMs: number;
  readonly range: EventTimeRange;
}

function placeText(cell: string): string {
  const { southDeg, northDeg, westDeg, eastDeg } = boundsOf(parseGeohash(cell));
  const latitude = (southDeg + northDeg) / 2;
  const longitude = (westDeg + eastDeg) / 2;
  const side = (value: number, sides: string) =>
    `${Math.abs(value).toFixed(4)}° ${value >= 0 ? sides[0] : sides[1]}`;
  return `${side(latitude, "NS")}, ${side(longitude, "EW")}`;
}

/** The card. */
export class CellCard {
  readonly #card = byId("cell-card");
  readonly #chart: TimeChart;
  #abort = new AbortController();

  constructor(noun: string, onClose: () => void) {
    this.#chart = new TimeChart(byId("cell-chart"), {
      lines: [{ name: noun, colour: "--series-3", isFilled: true }],
      height: 150,
      valueText: countText,
    });
    byId("cell-close").addEventListener("click", onClose);
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && !this.#card.hidden) onClose();
    });
  }

  /** Draws it anew in the theme's colours. */
  restyle(): void {
    this.#chart.restyle();
  }

  /** Takes the card away. */
  hide(): void {
    this.#abort.abort();
    this.#card.hidden = true;
  }

  /** Shows the cell's newest figure. */
  count(events: number): void {
    setText(byId("cell-events"), countText(events));
  }

  /** Shows a cell; what is not known yet follows. */
  async show(choice: CardChoice, events: number): Promise<void> {
    const { cell, queries, chart, stepMs, range } = choice;
    const isNew = byId("cell-name").textContent !== cell;
    this.#card.hidden = false;
    setText(byId("cell-name"), cell);
    setText(byId("cell-place"), placeText(cell));
    setText(byId("cell-events"), countText(events));
    if (isNew) byId("cell-zones").replaceChildren();
    const span = spanText(chart.toMs - chart.fromMs);
    const what = queries.routes === undefined ? "Chart" : "Averages and chart";
    setText(byId("cell-span"), `${what}: over ${span}`);
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const { map, routes, measure } = queries;
    if (map === undefined) return;
    const [history] = await getSeries(
      { query: map.name, range: chart, stepMs, cell },
      signal,
    );
    const times = history?.timesMs ?? [];
    this.#chart.show(
      [new Map(times.map((ms, i) => [ms, history?.counts[i] ?? 0]))],
      [range.fromMs, range.toMs],
    );
    if (routes === undefined || routes.precision < cell.length) return;
    const lines = await getSeries(
      { query: routes.name, measure, range: chart, stepMs, cell },
      signal,
    );
    byId("cell-zones").replaceChildren(
      ...lines.map((line) => zoneItem(line, queries.isMinutes)),
    );
  }
}

function zoneItem(line: SeriesLine, isMinutes: boolean): HTMLElement {
  const [events, average] = averageOf(line.counts, line.values);
  return h("li", {}, [
    h("span", { class: "muted" }, [line.zone]),
    h("strong", {}, [
      events === 0 ? "no events" : averageText(average, isMinutes),
    ]),
    h("span", { class: "muted" }, [
      events === 0 ? "" : `${shortCount(events)} events`,
    ]),
  ]);
}

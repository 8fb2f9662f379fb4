/**
 * What stands beside the map: figures, lines over time, the busiest cells.
 *
 * @module
 */
import type { CityState } from "../city_state.ts";
import type { MapQueries } from "../map_queries.ts";
import { TimeChart } from "./charts.ts";
import {
  cityFigures,
  linePoints,
  topCells,
  zonePoints,
} from "./city_figures.ts";
import { byId, h, setText } from "./dom.ts";
import { averagedText, averageText, countText } from "./format.ts";

/** Cells in the list. */
const TOP_COUNT = 8;
/** Zones that have a tile and a line; a job of more shows its first ones. */
const ZONES_SHOWN_MAX = 8;
/** Colours and dashes of the zones' lines. */
const ZONE_COLOURS = ["--series-1", "--series-2", "--series-4", "--series-5"];

/** Listeners of a {@linkcode CitySide}. */
export interface CitySideListeners {
  readonly onSelect: (cell: string) => void;
  readonly onPick: (ms: number) => void;
}

/** The side. */
export class CitySide {
  readonly #zones: readonly string[];
  readonly #isMinutes: boolean;
  readonly #routes: TimeChart;
  readonly #events: TimeChart;
  readonly #rows: readonly HTMLElement[];
  readonly #tiles: readonly HTMLElement[];

  constructor(
    { routes, measure = "", isMinutes }: MapQueries,
    noun: string,
    { onSelect, onPick }: CitySideListeners,
  ) {
    this.#isMinutes = isMinutes;
    this.#zones = routes?.zones.slice(0, ZONES_SHOWN_MAX) ?? [];
    byId("routes-card").hidden = routes === undefined;
    const what = averagedText(measure);
    setText(byId("routes-title"), `Average ${what} by zone`);
    this.#routes = new TimeChart(byId("routes-chart"), {
      lines: this.#zones.map((zone, i) => ({
        name: zone,
        colour: ZONE_COLOURS[i % ZONE_COLOURS.length] ?? "--series-1",
        isDashed: i % 2 === 1,
      })),
      height: 170,
      fromZero: false,
      valueText: (value) => averageText(value, isMinutes),
      onPick,
    });
    this.#events = new TimeChart(byId("events-chart"), {
      lines: [{ name: noun, colour: "--series-3", isFilled: true }],
      height: 150,
      valueText: countText,
      onPick,
    });
    this.#rows = Array.from({ length: TOP_COUNT }, () => topRow(onSelect));
    byId("top-cells").replaceChildren(...this.#rows);
    this.#tiles = this.#zones.map((zone) =>
      h("div", { class: "tile" }, [
        h("span", { class: "tile-name" }, [zone]),
        h("strong", { class: "tile-value", "data-zone": zone }, ["–"]),
        h("span", { class: "tile-note" }, [""]),
      ]),
    );
    for (const tile of this.#tiles) tile.title = `average ${what}`;
    byId("zone-tiles").replaceChildren(...this.#tiles);
  }

  /** Draws everything anew in the theme's colours. */
  restyle(): void {
    this.#routes.restyle();
    this.#events.restyle();
  }

  /** Shows a state. */
  show(state: CityState): void {
    const { events, open, cells, zones } = cityFigures(state);
    const { range } = state;
    const isKnown = range !== null;
    setText(byId("events-total"), isKnown ? countText(events) : "–");
    const more = open === 0 ? "" : `, ${countText(open)} more provisional`;
    setText(
      byId("cells-total"),
      isKnown ? `in ${countText(cells)} cells${more}` : "nothing yet",
    );
    for (const [i, tile] of this.#tiles.entries()) {
      const found = zones.find(({ zone }) => zone === this.#zones[i]);
      const [, value, note] = tile.children;
      if (value === undefined || note === undefined) continue;
      const average = found?.average;
      setText(
        value,
        average === undefined ? "–" : averageText(average, this.#isMinutes),
      );
      setText(note, `${countText(found?.events ?? 0)} events`);
    }
    const marked =
      range === null ? undefined : ([range.fromMs, range.toMs] as const);
    this.#routes.show(
      this.#zones.map((zone) => zonePoints(state.zones[zone])),
      marked,
    );
    this.#events.show([linePoints(state.events)], marked);
    this.#showTop(topCells(state, TOP_COUNT));
  }

  #showTop(top: readonly (readonly [string, number])[]): void {
    const [[, most] = ["", 1]] = top;
    byId("top-none").hidden = top.length > 0;
    for (const [i, row] of this.#rows.entries()) {
      const [cell, count] = top[i] ?? ["", 0];
      row.hidden = cell === "";
      const button = row.firstElementChild;
      const [name, bar, value] = button?.children ?? [];
      if (name === undefined || bar === undefined || value === undefined) {
        continue;
      }
      setText(name, cell);
      setText(value, countText(count));
      (bar.firstElementChild as HTMLElement | null)?.style.setProperty(
        "width",
        `${(count / most) * 100}%`,
      );
    }
  }
}

function topRow(onSelect: (cell: string) => void): HTMLElement {
  const name = h("span", { class: "top-name" });
  return h("li", {}, [
    h(
      "button",
      { type: "button", onclick: () => onSelect(name.textContent ?? "") },
      [
        name,
        h("span", { class: "top-bar" }, [h("span")]),
        h("span", { class: "top-value" }),
      ],
    ),
  ]);
}

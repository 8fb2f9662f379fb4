/**
 * What the map's colours stand for: events, or an average of the job's.
 *
 * @module
 */
import type { MapQueries } from "../map_queries.ts";
import { byId, h, setText } from "./dom.ts";
import { averagedName, measureUnit } from "./format.ts";

/** Listeners of a {@linkcode ColourChoice}. */
export interface ColourListeners {
  /** By this average, or by events. */
  readonly onChoose: (average: string | undefined) => void;
}

/** The chooser in the legend; it shows only where there is a choice. */
export class ColourChoice {
  readonly #averages: MapQueries["averages"];
  readonly #noun: string;
  #average: string | undefined;

  constructor(
    { averages, firstAverage }: MapQueries,
    noun: string,
    { onChoose }: ColourListeners,
  ) {
    this.#averages = averages;
    this.#noun = noun;
    this.#average = firstAverage;
    const select = byId<HTMLSelectElement>("colour-by");
    select.replaceChildren(
      h("option", { value: "" }, [noun]),
      ...averages.map(({ as }) =>
        h("option", { value: as }, [`average ${averagedName(as)}`]),
      ),
    );
    select.value = firstAverage ?? "";
    byId("colour-choice").hidden = averages.length === 0;
    select.addEventListener("change", () => {
      this.#average = select.value === "" ? undefined : select.value;
      this.#show();
      onChoose(this.#average);
    });
    this.#show();
  }

  /** The average that is shown; undefined for events. */
  get average(): string | undefined {
    return this.#average;
  }

  /** Its unit, with a space before it; empty for none. */
  get unit(): string {
    const found = this.#averages.find(({ as }) => as === this.#average);
    return found === undefined ? "" : measureUnit(found);
  }

  /** A value of the average as people read it: `23.4 km/h`. */
  valueText(value: number): string {
    return `${value.toFixed(1)}${this.unit}`;
  }

  #show(): void {
    const name =
      this.#average === undefined
        ? this.#noun
        : `average ${averagedName(this.#average)}`;
    const unit = this.unit.trim();
    const inUnit = unit === "" ? "" : `, ${unit}`;
    setText(byId("legend-name"), `${name} per cell${inUnit}`);
  }
}

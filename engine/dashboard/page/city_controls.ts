/**
 * The controls under the map: how much time is shown, and which.
 *
 * @module
 */

import type { EventTimeRange } from "../../results/results.ts";
import { SPAN_WINDOWS } from "../limits.ts";
import { byId, h, setAttribute, setText } from "./dom.ts";
import { spanText } from "./format.ts";

/** Whether the map follows the newest time. */
export type CityMode = "live" | "paused" | "playing";

/** Listeners of {@linkcode CityControls}. */
export interface CityControlListeners {
  readonly onSpan: (windows: number) => void;
  readonly onLive: () => void;
  readonly onPause: () => void;
  readonly onPlay: () => void;
  /** One span back (-1) or on (1). */
  readonly onStep: (direction: -1 | 1) => void;
  readonly onRange: (range: EventTimeRange) => void;
}

/** An event time as `datetime-local` has it. */
function inputText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

/** The controls. */
export class CityControls {
  readonly #spans = byId("spans");
  readonly #play = byId("play");
  readonly #live = byId("live");
  readonly #from = byId<HTMLInputElement>("range-from");
  readonly #to = byId<HTMLInputElement>("range-to");
  #mode: CityMode = "live";

  constructor(windowMs: number, listeners: CityControlListeners) {
    this.#spans.replaceChildren(
      ...SPAN_WINDOWS.map((windows) =>
        h(
          "button",
          {
            type: "button",
            "data-windows": windows,
            "aria-pressed": "false",
            onclick: () => listeners.onSpan(windows),
          },
          [spanText(windows * windowMs)],
        ),
      ),
    );
    this.#play.addEventListener("click", () => {
      if (this.#mode === "paused") listeners.onPlay();
      else listeners.onPause();
    });
    this.#live.addEventListener("click", listeners.onLive);
    byId("back").addEventListener("click", () => listeners.onStep(-1));
    byId("on").addEventListener("click", () => listeners.onStep(1));
    byId("range-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const fromMs = Date.parse(`${this.#from.value}:00Z`);
      const toMs = Date.parse(`${this.#to.value}:00Z`);
      const isWrong = !(fromMs < toMs);
      this.#to.setCustomValidity(isWrong ? "This must be later" : "");
      if (isWrong) {
        this.#to.reportValidity();
        return;
      }
      byId<HTMLDetailsElement>("range").open = false;
      listeners.onRange({ fromMs, toMs });
    });
    for (const input of [this.#from, this.#to]) {
      input.addEventListener("input", () => this.#to.setCustomValidity(""));
    }
  }

  /** Shows what is chosen. */
  show(mode: CityMode, windows: number, range: EventTimeRange | undefined) {
    this.#mode = mode;
    for (const button of this.#spans.children) {
      const isChosen = button.getAttribute("data-windows") === String(windows);
      setAttribute(button, "aria-pressed", String(isChosen));
    }
    setAttribute(this.#live, "aria-pressed", String(mode === "live"));
    setText(this.#play, mode === "paused" ? "▶" : "❚❚");
    setAttribute(
      this.#play,
      "aria-label",
      mode === "paused" ? "Play" : "Pause",
    );
    const isEdited = [this.#from, this.#to].includes(
      document.activeElement as HTMLInputElement,
    );
    if (range === undefined || isEdited) return;
    this.#from.value = inputText(range.fromMs);
    this.#to.value = inputText(range.toMs);
  }
}

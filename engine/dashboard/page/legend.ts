/**
 * The map's legend: what each colour stands for.
 *
 * @module
 */
import { byId, h, setText } from "./dom.ts";
import { countText, shortCount } from "./format.ts";

/** Smaller figures are told in full: steps may be next to each other. */
const SHORT_FROM = 10_000;

/**
 * Shows the steps of a scale.
 *
 * @param averageText A value's text. @default colours stand for events
 */
export function showLegend(
  ramp: readonly string[],
  breaks: readonly number[],
  averageText?: (value: number) => string,
): void {
  const root = byId("legend-steps");
  const isEmpty = !Number.isFinite(breaks[0] ?? Number.NaN);
  byId("legend").hidden = isEmpty;
  if (isEmpty) return;
  if (root.children.length !== ramp.length) {
    root.replaceChildren(...ramp.map(() => h("li", {}, [h("i"), h("span")])));
  }
  for (const [i, item] of [...root.children].entries()) {
    const [swatch, text] = item.children;
    if (swatch === undefined || text === undefined) continue;
    (swatch as HTMLElement).style.setProperty("background", ramp[i] ?? "");
    if (averageText !== undefined) {
      const [first = 0] = breaks;
      const least = breaks[i - 1];
      const to = `< ${averageText(first)}`;
      setText(text, least === undefined ? to : averageText(least));
      continue;
    }
    const from = i === 0 ? 1 : (breaks[i - 1] ?? 1);
    const figure = from < SHORT_FROM ? countText(from) : shortCount(from);
    setText(text, i === ramp.length - 1 ? `${figure}+` : figure);
  }
}

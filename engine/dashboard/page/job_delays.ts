/**
 * The job view's delays and what came late.
 *
 * @module
 */
import type { CorrectionStatus, QuantilesStatus } from "../../status/status.ts";
import { DataTable } from "./data_table.ts";
import { byId, h, setText } from "./dom.ts";
import {
  countText,
  nameText,
  shortCount,
  spanText,
  timeText,
} from "./format.ts";
import type { Shown } from "./job_tables.ts";

/** Corrected windows in the table; the status names more, for the scrubber. */
const CORRECTIONS_LISTED = 20;

/** The table of delays. */
export function delayTable() {
  const table = new DataTable<readonly [string, QuantilesStatus]>(
    "delays",
    [
      { title: "Delay", text: ([name]) => name },
      { title: "p50", isNumber: true, text: ([, q]) => spanText(q.p50) },
      { title: "p99", isNumber: true, text: ([, q]) => spanText(q.p99) },
      { title: "p99.9", isNumber: true, text: ([, q]) => spanText(q.p999) },
      { title: "max", isNumber: true, text: ([, q]) => spanText(q.max) },
    ],
    ([name]) => name,
  );
  return ({ status }: Shown) => {
    table.show([
      ["window closed → documents written", status.fireDelayMs],
      ["coordinator's event loop", status.eventLoopDelayMs],
    ]);
  };
}

/** The table of windows that late events have changed. */
export function correctionTable() {
  const table = new DataTable<CorrectionStatus>(
    "corrections",
    [
      {
        title: "Window until",
        text: ({ timestampMs }) => timeText(timestampMs + 1),
      },
      { title: "Query", text: ({ query }) => nameText(query) },
      {
        title: "Corrections",
        isNumber: true,
        text: ({ times }) => countText(times),
      },
      {
        title: "Documents",
        isNumber: true,
        text: ({ documents }) => countText(documents),
      },
    ],
    ({ query, timestampMs }) => `${query} ${timestampMs}`,
  );
  return ({ status }: Shown) => {
    const { corrections = [], windowsCorrected = 0, counts } = status;
    byId("corrections-card").hidden = windowsCorrected + counts.late === 0;
    setText(
      byId("corrections-total"),
      `${countText(windowsCorrected)} corrections in all; ${countText(counts.late)} records came too late for any.`,
    );
    table.show(corrections.slice(0, CORRECTIONS_LISTED));
  };
}

/** Where a bar ends, as short as can be. */
function edgeText(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`;
}

/** Delays by length, as bars. */
export function delayBars() {
  const root = byId("delay-bars");
  return ({ status: { fireDelays = [] } }: Shown) => {
    const most = Math.max(1, ...fireDelays.map(({ count }) => count));
    if (root.children.length !== fireDelays.length) {
      root.replaceChildren(
        ...fireDelays.map(({ upToMs }) =>
          h("li", {}, [
            h("i", { "aria-hidden": "true" }),
            h("b", {}),
            h("span", {}, [upToMs === null ? "more" : edgeText(upToMs)]),
          ]),
        ),
      );
    }
    for (const [i, { count }] of fireDelays.entries()) {
      const [bar, number] = root.children[i]?.children ?? [];
      if (bar === undefined || number === undefined) continue;
      (bar as HTMLElement).style.height = `${Math.ceil((count / most) * 64)}px`;
      setText(number, count === 0 ? "" : shortCount(count));
    }
  };
}

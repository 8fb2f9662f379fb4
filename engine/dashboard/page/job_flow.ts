/**
 * The flow as a picture: stream, workers, merge, sinks, with what passes
 * between them each second.
 *
 * @module
 */
import type { EngineStatus } from "../../status/status.ts";
import { byId, h, setAttribute, setText } from "./dom.ts";
import { bytesText, countText, shortCount } from "./format.ts";
import type { Limit, LimitPlace } from "./limit_sentence.ts";
import type { Rates } from "./rates.ts";

const NODES: readonly (readonly [LimitPlace, string])[] = [
  ["stream", "Stream"],
  ["workers", "Workers"],
  ["merge", "Merge"],
  ["sinks", "Sinks"],
];

/** Texts of the nodes and of the edges between them. */
function texts(status: EngineStatus, rates: Rates) {
  const { shards, workers, sinks, source } = status;
  const many = (count: number, noun: string) =>
    `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
  const pending = sinks.reduce((sum, one) => sum + one.pendingDocuments, 0);
  const busy =
    workers.reduce((sum, { cpuShare }) => sum + cpuShare, 0) /
    Math.max(1, workers.length);
  const perSecond = (value: number, noun: string) =>
    `${shortCount(value)} ${noun}/s`;
  return {
    nodes: [
      [source, many(shards.length, "shard")],
      [many(workers.length, "thread"), `${(busy * 100).toFixed(0)} % busy`],
      [
        many(status.windowsOpen, "open window"),
        many(status.keysOpen, "open key"),
      ],
      [
        sinks.map(({ name }) => name).join(", ") || "none",
        `${countText(pending)} documents wait`,
      ],
    ],
    edges: [
      [
        perSecond(rates.recordsPerSecond, "records"),
        `${bytesText(rates.bytesPerSecond)}/s`,
      ],
      [perSecond(rates.flushesPerSecond, "flushes"), "partial tallies"],
      [
        perSecond(rates.documentsPerSecond, "documents"),
        perSecond(rates.windowsPerSecond, "windows"),
      ],
    ],
    flows: [
      rates.recordsPerSecond,
      rates.flushesPerSecond,
      rates.documentsPerSecond,
    ],
  };
}

/** The picture. */
export class JobFlow {
  readonly #nodes: readonly HTMLElement[];
  readonly #edges: readonly HTMLElement[];

  constructor() {
    this.#nodes = NODES.map(([place, title]) =>
      h("li", { class: "flow-node", "data-place": place }, [
        h("h3", {}, [title]),
        h("p", { class: "flow-main" }),
        h("p", { class: "flow-note" }),
      ]),
    );
    this.#edges = NODES.slice(1).map(() =>
      h("li", { class: "flow-edge" }, [
        h("p", { class: "flow-main" }),
        h("div", { class: "flow-line", "aria-hidden": "true" }),
        h("p", { class: "flow-note" }),
      ]),
    );
    const [first, ...others] = this.#nodes;
    if (first === undefined) return;
    byId("flow").replaceChildren(
      first,
      ...others.flatMap((node, i) => [this.#edges[i] ?? node, node]),
    );
  }

  /** Shows a status. */
  show(status: EngineStatus, rates: Rates, limit: Limit): void {
    const { nodes, edges, flows } = texts(status, rates);
    for (const [i, node] of this.#nodes.entries()) {
      const [main = "", note = ""] = nodes[i] ?? [];
      const [, mainText, noteText] = node.children;
      if (mainText !== undefined) setText(mainText, main);
      if (noteText !== undefined) setText(noteText, note);
      const isLimit = limit.place === NODES[i]?.[0];
      setAttribute(node, "data-limit", String(isLimit));
      setAttribute(node, "data-tone", isLimit ? limit.tone : "good");
    }
    for (const [i, edge] of this.#edges.entries()) {
      const [main = "", note = ""] = edges[i] ?? [];
      const [mainText, , noteText] = edge.children;
      if (mainText !== undefined) setText(mainText, main);
      if (noteText !== undefined) setText(noteText, note);
      setAttribute(edge, "data-flows", String((flows[i] ?? 0) > 0));
    }
  }
}

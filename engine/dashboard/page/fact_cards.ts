/**
 * Shows a job's facts, each group on a card.
 *
 * @module
 */
import { byId, h, setText } from "./dom.ts";
import type { FactGroup } from "./job_facts.ts";

/** Shows groups of facts; elements are only made when names have changed. */
export function showFacts(groups: readonly FactGroup[]): void {
  const root = byId("facts");
  const names = groups
    .map(({ title, facts }) => `${title}:${facts.map(([name]) => name)}`)
    .join("|");
  if (root.getAttribute("data-names") !== names) {
    root.setAttribute("data-names", names);
    root.replaceChildren(
      ...groups.map(({ title, facts }) =>
        h("section", { class: "card" }, [
          h("h2", {}, [title]),
          h(
            "dl",
            {},
            facts.map(([name]) =>
              h("div", {}, [
                h("dt", {}, [name]),
                h("dd", { "data-fact": `${title}: ${name}` }),
              ]),
            ),
          ),
        ]),
      ),
    );
  }
  for (const [g, { facts }] of groups.entries()) {
    const list = root.children[g]?.lastElementChild;
    for (const [i, [, text]] of facts.entries()) {
      const value = list?.children[i]?.lastElementChild;
      if (value) setText(value, text);
    }
  }
}

/**
 * A table whose rows stay in place while their figures change.
 *
 * @module
 */
import { byId, type Child, h, setText } from "./dom.ts";

/** One column. */
export interface Column<T> {
  readonly title: string;
  /** A text, or an element that is only made when `text` has changed. */
  readonly text: (row: T) => string;
  readonly element?: (row: T) => Child;
  /** Figures stand to the right. @default {false} */
  readonly isNumber?: boolean;
}

/** Rows shown at most; more would only be scrolled past. */
const ROWS_MAX = 500;

/** The table. */
export class DataTable<T> {
  readonly #columns: readonly Column<T>[];
  readonly #keyOf: (row: T) => string;
  readonly #table: HTMLElement;
  readonly #body = h("tbody");
  readonly #rows = new Map<string, HTMLTableRowElement>();

  constructor(
    id: string,
    columns: readonly Column<T>[],
    keyOf: (row: T) => string,
  ) {
    this.#columns = columns;
    this.#keyOf = keyOf;
    const heads = columns.map(({ title, isNumber = false }) =>
      h("th", { scope: "col", class: isNumber ? "number" : "" }, [title]),
    );
    this.#table = byId(id);
    this.#table.replaceChildren(
      h("thead", {}, [h("tr", {}, heads)]),
      this.#body,
    );
    this.#table.hidden = true;
  }

  #row(key: string): HTMLTableRowElement {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const cells = this.#columns.map(({ isNumber = false }) =>
      h("td", { class: isNumber ? "number" : "" }),
    );
    const row = h("tr", {}, cells);
    this.#rows.set(key, row);
    return row;
  }

  /** Shows rows, in their order. */
  show(rows: readonly T[]): void {
    // Heads over nothing tell nothing.
    this.#table.hidden = rows.length === 0;
    const shown = new Set<string>();
    for (const [i, row] of rows.slice(0, ROWS_MAX).entries()) {
      const key = this.#keyOf(row);
      shown.add(key);
      const element = this.#row(key);
      if (this.#body.children[i] !== element) {
        this.#body.insertBefore(element, this.#body.children[i] ?? null);
      }
      for (const [c, column] of this.#columns.entries()) {
        const cell = element.children[c];
        if (cell !== undefined) fill(cell, column, row);
      }
    }
    for (const [key, element] of this.#rows) {
      if (shown.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
  }
}

function fill<T>(cell: Element, column: Column<T>, row: T): void {
  const text = column.text(row);
  if (column.element === undefined) {
    setText(cell, text);
    return;
  }
  if (cell.getAttribute("data-text") === text) return;
  cell.setAttribute("data-text", text);
  cell.replaceChildren(column.element(row));
}

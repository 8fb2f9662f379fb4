/**
 * Dark or light: as the system has it, until the button is pressed.
 *
 * @module
 */
import { byId } from "./dom.ts";

const KEY = "flagdrop-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function chosen(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden.
    return null;
  }
}

/** The theme that is shown. */
export function theme(): "light" | "dark" {
  const choice = chosen() ?? (dark.matches ? "dark" : "light");
  return choice === "light" ? "light" : "dark";
}

function apply(): void {
  document.documentElement.setAttribute("data-theme", theme());
}

let listener: (() => void) | undefined;
let isStarted = false;

/** Applies the theme, and calls back whenever it has changed. */
export function startTheme(onChange?: () => void): void {
  listener = onChange ?? listener;
  apply();
  if (isStarted) return;
  isStarted = true;
  const change = () => {
    apply();
    listener?.();
  };
  dark.addEventListener("change", change);
  byId("theme").addEventListener("click", () => {
    const next = theme() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Then it lasts until the page is left.
    }
    change();
  });
}

/**
 * Asks before something is done, and says how it went.
 *
 * @module
 */
import { postJson } from "./api.ts";
import { byId, setText } from "./dom.ts";

/** Something to be done. */
export interface Action {
  /** Below `/api/`. */
  readonly path: string;
  readonly body: object;
  readonly title: string;
  /** What will happen. */
  readonly text: string;
  /** The button that does it. */
  readonly verb: string;
  /** What is said once it is done, from the answer's `result`. */
  readonly done: (result: Readonly<Record<string, unknown>>) => string;
}

/** Says something for some seconds. */
export function say(text: string, tone: "good" | "bad"): void {
  const toast = byId("toast");
  setText(toast, text);
  toast.setAttribute("data-tone", tone);
  toast.hidden = false;
  clearTimeout(Number(toast.getAttribute("data-timer")));
  const timer = setTimeout(() => {
    toast.hidden = true;
  }, 6_000);
  toast.setAttribute("data-timer", String(timer));
}

/** Asks, and does it when the answer is yes. */
export function ask({ path, body, title, text, verb, done }: Action): void {
  const dialog = byId<HTMLDialogElement>("confirm");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-yes"), verb);
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    postJson<{ readonly result?: Readonly<Record<string, unknown>> }>(
      `/api/${path}`,
      body,
    ).then(
      ({ result = {} }) => say(done(result), "good"),
      (error: unknown) =>
        say(error instanceof Error ? error.message : String(error), "bad"),
    );
  };
  dialog.returnValue = "";
  dialog.showModal();
}

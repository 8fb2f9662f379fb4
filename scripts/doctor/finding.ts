/**
 * What one check of `flagdrop doctor` has found.
 *
 * @module
 */
import {
  type ErrorCode,
  errorLine,
  FlagdropError,
} from "../../engine/errors.ts";

/** How it stands: only `wrong` keeps a run from working. */
export type FindingStatus = "ok" | "warning" | "wrong";

/** One line of the report. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly status: FindingStatus;
  /** What was found. */
  readonly detail: string;
  /** What to do about it; empty when nothing is to be done. */
  readonly fix: string;
  /** The code that a run would end with; empty for none. */
  readonly code: ErrorCode | "";
}

/** All is well. */
export function ok(check: string, detail: string): Finding {
  return { check, status: "ok", detail, fix: "", code: "" };
}

/** It works, but may not for long. */
export function warning(check: string, detail: string, fix: string): Finding {
  return { check, status: "warning", detail, fix, code: "" };
}

/** A run can't work like this. */
export function wrong(
  check: string,
  detail: string,
  rest: { readonly fix: string; readonly code: ErrorCode },
): Finding {
  return { check, status: "wrong", detail, ...rest };
}

/**
 * An error as a finding: our messages are `what: remedy`, so the remedy is what
 * stands after the last colon that a space follows.
 */
export function failed(check: string, error: unknown): Finding {
  const line = errorLine(error);
  const cut = line.lastIndexOf(": ");
  const isOurs = error instanceof FlagdropError && cut > 0;
  return wrong(check, isOurs ? line.slice(0, cut) : line, {
    fix: isOurs ? line.slice(cut + 2) : "see the message",
    code: error instanceof FlagdropError ? error.code : "FD_SERVICE",
  });
}

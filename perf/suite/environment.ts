/**
 * Where figures were taken: without it they say nothing.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** The machine, the runtime and the code. */
export interface Environment {
  readonly machine: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** Empty outside a clone; ends in `+` when files differ from the commit. */
  readonly commit: string;
  /** Runnable processes in the last minute: others were at work above 1. */
  readonly load: number;
  readonly takenAt: string;
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

/** This machine, now. */
export function environment(): Environment {
  const isChanged = git("status", "--porcelain", "--untracked-files=no") !== "";
  return {
    machine: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    commit: git("rev-parse", "--short", "HEAD") + (isChanged ? "+" : ""),
    load: loadavg()[0] ?? 0,
    takenAt: new Date().toISOString(),
  };
}

/** The environment as one line. */
export function environmentLine(one: Environment): string {
  return [
    `${one.cores} × ${one.machine}`,
    `${one.memoryGiB} GiB`,
    `Node ${one.node}`,
    `commit ${one.commit || "unknown"}`,
    `load ${one.load.toFixed(1)} at the start`,
  ].join(", ");
}

/**
 * The process' own surroundings: Node's version, open files.
 *
 * @module
 */
import { type Finding, ok, warning, wrong } from "./finding.ts";
import {
  NODE_VERSION_MIN,
  OPEN_FILES_MIN,
  OPEN_FILES_WANTED,
} from "./limits.ts";

function parts(version: string): number[] {
  return version.replace(/^v/, "").split(".").map(Number);
}

/** Whether version `a` is older than `b`. */
function isOlder(a: string, b: string): boolean {
  const [left, right] = [parts(a), parts(b)];
  const at = right.findIndex((part, i) => part !== left[i]);
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

/** Checks the version of Node, as `process.versions.node` has it. */
export function checkNode(version: string): Finding {
  if (!isOlder(version, NODE_VERSION_MIN)) return ok("node", version);
  return wrong("node", `${version} is too old`, {
    fix: `install Node ${NODE_VERSION_MIN} or newer`,
    code: "FD_LIMIT",
  });
}

/**
 * Checks how many files may be open.
 *
 * @param limits Content of `/proc/self/limits`; empty where there is none.
 */
export function checkOpenFiles(limits: string): Finding {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  if (soft === undefined) {
    return ok("open files", "this system does not say its limit");
  }
  const count = soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
  const found = `${soft} may be open`;
  const fix = `raise it to ${OPEN_FILES_WANTED} or more: LimitNOFILE= in the unit, or ulimit -n`;
  if (count < OPEN_FILES_MIN) {
    return wrong("open files", `only ${found}`, { fix, code: "FD_LIMIT" });
  }
  return count < OPEN_FILES_WANTED
    ? warning("open files", `only ${found}: short for many shards`, fix)
    : ok("open files", found);
}

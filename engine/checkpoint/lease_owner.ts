/**
 * Who owns a store, and whether that process still lives, as far as this
 * machine can tell.
 *
 * @module
 */
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** A process that owns a store. */
export interface LeaseOwner {
  /** Tells two owners of one process apart. */
  readonly id: string;
  readonly pid: number;
  /** In clock ticks since the boot, as the kernel has it; empty if unknown. */
  readonly startTime: string;
  /** Changes with every boot; empty where there is none. */
  readonly bootId: string;
  /** Process numbers are unique in it only: containers have their own. */
  readonly pidNamespace: string;
  readonly hostname: string;
}

/** What is known of an owner: `elsewhere` is nothing. */
export type OwnerState = "dead" | "alive" | "elsewhere";

async function textOr(reading: Promise<string>): Promise<string> {
  return (await reading.catch(() => "")).trim();
}

/** State and start time from `/proc/PID/stat`; undefined without such a process. */
async function processStat(
  pid: number,
): Promise<{ state: string; startTime: string } | undefined> {
  const text = await textOr(readFile(`/proc/${pid}/stat`, "utf8"));
  // The name stands in brackets and may hold anything, brackets too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  if (text === "" || state === undefined || startTime === undefined) {
    return undefined;
  }
  return { state, startTime };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (
      !(error instanceof Error && "code" in error) || error.code !== "ESRCH"
    );
  }
}

/** This process as an owner; `id` must be unique. */
export async function processOwner(id: string): Promise<LeaseOwner> {
  const { pid } = process;
  const [stat, bootId, pidNamespace] = await Promise.all([
    processStat(pid),
    textOr(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    textOr(readlink("/proc/self/ns/pid")),
  ]);
  return {
    id,
    pid,
    startTime: stat?.startTime ?? "",
    bootId,
    pidNamespace,
    hostname: hostname(),
  };
}

/**
 * Whether an owner lives.
 *
 * @param owner The owner.
 * @param self This process.
 */
export async function ownerState(
  owner: LeaseOwner,
  self: LeaseOwner,
): Promise<OwnerState> {
  const isHere =
    self.bootId !== "" &&
    self.pidNamespace !== "" &&
    owner.bootId === self.bootId &&
    owner.pidNamespace === self.pidNamespace &&
    owner.hostname === self.hostname;
  if (!isHere) return "elsewhere";
  const stat = await processStat(owner.pid);
  // Another user's process may be hidden.
  if (stat === undefined) return exists(owner.pid) ? "elsewhere" : "dead";
  if (stat.startTime !== owner.startTime) return "dead";
  // Ended, and only its parent has not noticed.
  return stat.state === "Z" || stat.state === "X" ? "dead" : "alive";
}

/**
 * What other processes have cost, as Linux tells it.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Ticks of /proc/PID/stat a second, on every Linux. */
const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1_024;
const PROC = "/proc";

/** A line of /proc/PID/stat from the process' state on. */
function fieldsOf(pid: number | string, proc: string): string[] {
  const stat = readFileSync(join(proc, String(pid), "stat"), "utf8");
  // The name stands in brackets, and may hold blanks and brackets.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Processor time of another process, seconds; NaN where no /proc is. */
export function cpuSecondsOf(pid: number, proc: string = PROC): number {
  try {
    const fields = fieldsOf(pid, proc);
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** The most memory that a process has held, MiB; NaN where no /proc is. */
export function peakMemoryMibOf(pid: number, proc: string = PROC): number {
  try {
    const status = readFileSync(join(proc, String(pid), "status"), "utf8");
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / KIB_PER_MIB;
  } catch {
    return Number.NaN;
  }
}

/** Processes of a group, such as a script and the Java that it has started. */
export function processesOfGroup(group: number, proc: string = PROC): number[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return Number(fieldsOf(pid, proc)[2]) === group;
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

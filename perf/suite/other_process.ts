/**
 * What another process has cost, as Linux tells it.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Ticks of /proc/PID/stat a second, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Processor time of another process, seconds; NaN where no /proc is. */
export function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in brackets, and may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

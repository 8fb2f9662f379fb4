/** What other processes have cost, read from a made-up /proc and a real one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import t from "tap";
import {
  cpuSecondsOf,
  peakMemoryMibOf,
  processesOfGroup,
} from "../../../perf/suite/other_process.ts";

/** A line of /proc/PID/stat: group, user ticks, system ticks. */
function stat(name: string, [group, user, system]: number[]): string {
  return `7 (${name}) S 1 ${group} 7 0 -1 4194304 0 0 0 0 ${user} ${system} 900 900 20 0 1 0`;
}

t.test("user and system time, without that of ended children", (t) => {
  const proc = t.testdir({ 7: { stat: stat("java", [7, 1_234, 66]) } });
  t.equal(cpuSecondsOf(7, proc), 13);
  t.end();
});

t.test("a name may hold brackets and blanks", (t) => {
  const proc = t.testdir({ 7: { stat: stat("a) 1 (b", [7, 100, 50]) } });
  t.equal(cpuSecondsOf(7, proc), 1.5);
  t.strictSame(processesOfGroup(7, proc), [7]);
  t.end();
});

t.test("memory at most", (t) => {
  const status = "Name:\tjava\nVmPeak:\t    8192 kB\nVmHWM:\t    4096 kB\n";
  const proc = t.testdir({ 7: { status } });
  t.equal(peakMemoryMibOf(7, proc), 4);
  t.end();
});

t.test("the processes of a group, and no others", (t) => {
  const proc = t.testdir({
    7: { stat: stat("sh", [7, 1, 1]) },
    8: { stat: stat("java", [7, 1, 1]) },
    9: { stat: stat("node", [9, 1, 1]) },
    // It has ended while we looked.
    10: {},
    self: { stat: stat("node", [7, 1, 1]) },
  });
  t.strictSame(processesOfGroup(7, proc), [7, 8]);
  t.end();
});

t.test("what isn't there is no number", (t) => {
  const proc = join(t.testdirName, "none");
  for (const of of [cpuSecondsOf, peakMemoryMibOf]) {
    t.ok(Number.isNaN(of(1, proc)));
  }
  t.end();
});

t.test(
  "a real process, leader of a group",
  { skip: process.platform === "linux" ? false : "only Linux has /proc" },
  async (t) => {
    const child = spawn("sleep", ["60"], { detached: true });
    t.teardown(() => child.kill("SIGKILL"));
    await once(child, "spawn");
    const { pid = 0 } = child;
    t.strictSame(processesOfGroup(pid), [pid]);
    t.ok(cpuSecondsOf(pid) < 10);
    t.ok(peakMemoryMibOf(pid) > 0);
  },
);

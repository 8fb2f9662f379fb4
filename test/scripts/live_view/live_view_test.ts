import t, { type Test } from "tap";
import { createLog, type LogFormat } from "../../../engine/log.ts";
import { showLive } from "../../../scripts/live_view/live_view.ts";
import { Screen } from "../../../scripts/screen.ts";
import { sampleStatus } from "../../engine/status/sample_status.ts";
import { MemoryOutput } from "../memory_output.ts";

/** A view over outputs that remember, with timers turned by hand. */
function view(
  t: Test,
  options: { isTTY: boolean; logFormat?: LogFormat; isPlain?: boolean },
) {
  const { isTTY, logFormat = "text", isPlain = false } = options;
  let tick = () => {};
  t.intercept(globalThis, "setInterval", {
    value: (callback: () => void) => {
      tick = callback;
      return { unref() {} };
    },
  });
  t.intercept(globalThis, "clearInterval", {
    value: () => {
      tick = () => {};
    },
  });
  const stdout = new MemoryOutput({ isTTY });
  const stderr = new MemoryOutput({ isTTY });
  const screen = new Screen(stderr);
  const log = createLog({ level: "info", format: logFormat, output: screen });
  let read = 0;
  const live = showLive({
    status: () => sampleStatus({ eventsPerSecond: ++read * 1_000 }),
    context: { log, logFormat, screen, stdout, isTerminal: isTTY },
    isPlain,
  });
  return { live, stdout, stderr, log, tick: () => tick() };
}

t.test(
  "showLive() draws on a terminal and keeps log lines above",
  async (t) => {
    const { live, stdout, stderr, log, tick } = view(t, { isTTY: true });
    t.match(stdout.text, "events/s   1,000");
    tick();
    t.match(stdout.text, "events/s   2,000");
    const before = stdout.text.length;
    log.info("hello");
    const written = stdout.text.slice(before);
    t.ok(written.indexOf("info hello") < written.indexOf("events/s   3,000"));
    t.equal(stderr.text, "");
    live.close();
    t.match(stdout.text, "events/s   4,000");
    log.info("afterwards");
    t.match(stderr.text, "info afterwards");
  },
);

t.test("showLive() writes lines without a terminal", async (t) => {
  const { live, stdout, stderr, tick } = view(t, { isTTY: false });
  tick();
  tick();
  t.match(stderr.text, /^.* 1,000 events\/s .*\n.* 2,000 events\/s .*\n$/);
  live.close();
  live.close();
  tick();
  t.equal(stderr.text.split("\n").length, 3);
  t.equal(stdout.text, "");
});

t.test(
  "showLive() writes lines on a terminal that has documents",
  async (t) => {
    const { stdout, stderr, tick } = view(t, { isTTY: true, isPlain: true });
    tick();
    t.equal(stdout.text, "");
    t.match(stderr.text, "1,000 events/s");
  },
);

t.test("showLive() writes JSON lines with a log of JSON lines", async (t) => {
  const { stderr, tick } = view(t, { isTTY: false, logFormat: "json" });
  tick();
  t.match(JSON.parse(stderr.text), { msg: "progress", eventsPerSecond: 1_000 });
});

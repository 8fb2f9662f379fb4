import t from "tap";
import { processSignals } from "../../scripts/stop_signals.ts";

t.test("processSignals() aborts first and exits with 130 then", async (t) => {
  const codes: unknown[] = [];
  t.intercept(process, "exit", { value: (code: unknown) => codes.push(code) });
  const signals = processSignals();
  const names: string[] = [];
  const signal = signals.start((name) => names.push(name));
  t.notOk(signal.aborted);
  process.emit("SIGTERM", "SIGTERM");
  t.ok(signal.aborted);
  t.strictSame([names, codes], [["SIGTERM"], []]);
  process.emit("SIGINT", "SIGINT");
  t.strictSame([names, codes], [["SIGTERM"], [130]]);
  const countBefore = process.listenerCount("SIGINT");
  signals.stop();
  t.equal(process.listenerCount("SIGINT"), countBefore - 1);
});

t.test(
  "processSignals() aborts when nobody reads what is written",
  async (t) => {
    const signals = processSignals();
    const signal = signals.start(() => t.fail("no signal came"));
    t.teardown(() => signals.stop());
    process.stdout.emit("error", new Error("write EPIPE"));
    t.ok(signal.aborted);
  },
);

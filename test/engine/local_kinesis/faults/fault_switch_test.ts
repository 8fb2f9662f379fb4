/** Which fault strikes when. */
import t from "tap";
import {
  parseFaultSpec,
  readFaultSpec,
} from "../../../../engine/local_kinesis/faults/fault_spec.ts";
import { FaultSwitch } from "../../../../engine/local_kinesis/faults/fault_switch.ts";
import { HandClock } from "../hand_clock.ts";

function drawn(faults: FaultSwitch, operation: string, count: number): string {
  return Array.from(
    { length: count },
    () => faults.draw(operation)?.kind ?? "-",
  ).join(" ");
}

t.test("the same seed gives the same faults, another others", async (t) => {
  const draws = [7, 7, 8].map((seed) => {
    const faults = new FaultSwitch(new HandClock());
    faults.set(
      parseFaultSpec({
        seed,
        rules: [
          { fault: "throttle", probability: 0.3 },
          { fault: "500", probability: 0.3 },
        ],
      }),
    );
    return drawn(faults, "GetRecords", 400);
  });
  t.equal(draws[0], draws[1]);
  t.not(draws[0], draws[2]);
  const throttled = draws[0]?.split("throttle").length ?? 0;
  t.ok(throttled > 80 && throttled < 160, "about three in ten");
});

t.test(
  "a rule strikes its operations, at its times, up to its count",
  async (t) => {
    const clock = new HandClock();
    const faults = new FaultSwitch(clock);
    t.equal(faults.draw("GetRecords"), undefined);
    clock.advance(5_000);
    faults.set(
      parseFaultSpec({
        rules: [
          {
            fault: "cut",
            operations: ["GetRecords"],
            afterMs: 1_000,
            forMs: 500,
            everyMs: 2_000,
            countMax: 5,
          },
        ],
      }),
    );
    const at: number[] = [];
    for (let passedMs = 0; passedMs < 6_000; passedMs += 250) {
      if (faults.draw("GetRecords") !== undefined) at.push(passedMs);
      t.equal(faults.draw("PutRecords"), undefined);
      clock.advance(250);
    }
    t.same(at, [1_000, 1_250, 3_000, 3_250, 5_000]);
    t.same(faults.state.counts, [5]);
    faults.set({ seed: 0, rules: [] });
    t.equal(faults.draw("GetRecords"), undefined);
  },
);

t.test("faults that only reading has don't strike other calls", async (t) => {
  const faults = new FaultSwitch(new HandClock());
  for (const fault of ["empty", "lag", "expired"]) {
    faults.set(parseFaultSpec({ rules: [{ fault }] }));
    t.equal(faults.draw("PutRecords"), undefined);
    t.equal(faults.draw("GetRecords")?.kind, fault);
  }
});

t.test("faults are read from short rules and from JSON", async (t) => {
  const short = readFaultSpec("throttle:0.1@GetRecords+PutRecords, hang");
  t.match(short, {
    seed: 0,
    rules: [
      {
        fault: "throttle",
        probability: 0.1,
        operations: ["GetRecords", "PutRecords"],
      },
      { fault: "hang", probability: 1, operations: undefined },
    ],
  });
  t.same(readFaultSpec(JSON.stringify(short)), short);
  for (const [text, line] of [
    ["", /"" is none: write fault:probability@Operation/],
    ["nothing", /rules\.0\.fault/],
    ["cut:2", /rules\.0\.probability/],
    ["{", /no JSON/],
    ['{"rules":[{"fault":"cut","everyMs":5}]}', /everyMs needs forMs/],
    ['{"rules":[{"fault":"cut","x":5}]}', /rules\.0/],
  ] as const) {
    t.throws(() => readFaultSpec(text), { code: "FD_OPTION", message: line });
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { isClosed, windowStart } from "../../../engine/tally/window.ts";

const times = fc.integer({
  min: -62_135_596_800_000,
  max: 253_402_300_799_999,
});
const lengths = fc.integer({ min: 1_000, max: 86_400_000 });

t.test(
  "windowStart() gives the aligned window that holds the time",
  async () => {
    fc.assert(
      fc.property(times, lengths, (timeMs, windowMs) => {
        const startMs = windowStart(timeMs, windowMs);
        assert.ok(startMs <= timeMs && timeMs < startMs + windowMs);
        assert.equal(Math.abs(startMs % windowMs), 0);
      }),
    );
  },
);

t.test("windowStart() puts an edge into the later window", async (t) => {
  t.equal(windowStart(600_000, 600_000), 600_000);
  t.equal(windowStart(599_999, 600_000), 0);
  t.equal(windowStart(-1, 600_000), -600_000);
});

t.test(
  "isClosed() is true from the window's last millisecond on",
  async (t) => {
    t.notOk(isClosed(0, 600_000, 599_998));
    t.ok(isClosed(0, 600_000, 599_999));
  },
);

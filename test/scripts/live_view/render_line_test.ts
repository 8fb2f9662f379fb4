import t from "tap";
import {
  progressFields,
  renderLine,
} from "../../../scripts/live_view/render_line.ts";
import { sampleStatus } from "../../engine/status/sample_status.ts";

t.test("renderLine() is one line with the figures that matter", async (t) => {
  // The clock is this machine's, in its own time zone.
  const line = renderLine(sampleStatus({ deadLetters: 0 }));
  t.match(line, /^\d\d:\d\d:05 /);
  t.equal(
    line.slice(9),
    "23,104 events/s · lag 0.4 s · watermark 2016-01-03 11:50 · 412 windows · 180,233 documents · JFK 41.2 min · LGA 23.9 min",
  );
});

t.test(
  "renderLine() tells of dead letters, and of what isn't there yet",
  async (t) => {
    t.match(renderLine(sampleStatus()), / · 950 dead letters$/);
    t.match(
      renderLine(sampleStatus({ watermarkMs: null, latest: [] })),
      / · watermark none yet · 412 windows · 180,233 documents · /,
    );
  },
);

t.test("progressFields() has numbers for machines", async (t) => {
  t.strictSame(progressFields(sampleStatus()), {
    eventsPerSecond: 23_104,
    behindLatestMs: 420,
    watermarkMs: Date.UTC(2016, 0, 3, 11, 50),
    read: 1_000_000,
    windowsFired: 412,
    documentsFired: 180_233,
    deadLetters: 950,
    averageByZone: { LGA: 23.94, JFK: 41.21 },
  });
});

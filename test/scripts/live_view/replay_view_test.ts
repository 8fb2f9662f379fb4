/** The line that shows how far a replay is. */
import t from "tap";
import { progressLine } from "../../../scripts/live_view/replay_view.ts";

t.test("progressLine() shows a bar and when it will end", async (t) => {
  const line = (fraction: number, elapsedMs: number, first = 0) =>
    progressLine({ fraction, elapsedMs }, first);
  t.equal(line(Number.NaN, 5_000), "", "nobody knows how much there is");
  t.equal(line(0, 5_000), `${"░".repeat(32)}   0 %`);
  t.equal(
    line(0.25, 30_000),
    `${"█".repeat(8)}${"░".repeat(24)}  25 %, ends in 90 s`,
  );
  t.match(line(0.5, 600_000), / {2}50 %, ends in 10 min$/);
  t.match(line(0.5, 7.2e6), /ends in 2\.0 h$/);
  t.match(line(0.75, 60_000, 0.5), /ends in 60 s$/, "begun at a half");
  t.equal(line(1, 5_000), `${"█".repeat(32)} 100 %`);
});

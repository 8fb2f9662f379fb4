import t from "tap";
import { summaryText } from "../../../scripts/demo/demo_summary.ts";
import { sampleStatus } from "../../engine/status/sample_status.ts";

const STORE = {
  path: ".flagdrop/demo.duckdb",
  bytes: 3 * 1024 ** 2,
  question: { sql: "SELECT 1", noun: "pickups" },
  rows: [{ cell: "dr5ru7", events: 12_688 }],
};

t.test("summaryText() says what became of every record", async (t) => {
  const text = summaryText(sampleStatus(), STORE);
  t.match(
    text,
    "Ran 65.0 s at 15,385 records/s, up to 2016-01-03 11:50 of event time.\n",
  );
  for (const line of [
    "  records read      1,000,000\n",
    "  tallied             900,000\n",
    "  filtered out         60,001  pickup outside city 60,000, undeclared kind 1\n",
    "  dead letters            950\n",
    "  Every record is accounted for.\n",
    "  documents           180,233  in .flagdrop/demo.duckdb, 3.0 MiB\n",
    "Most pickups of the whole run:\n",
    "  dr5ru7               12,688\n",
  ]) {
    t.match(text, line);
  }
  t.match(text, /duckdb \.flagdrop\/demo\.duckdb "SELECT .*"\n$/);
});

t.test("summaryText() admits what doesn't add up", async (t) => {
  const { counts } = sampleStatus();
  const text = summaryText(
    sampleStatus({ counts: { ...counts, read: counts.read + 5 } }),
    STORE,
  );
  t.match(text, "  5 records are not accounted for: please report this.\n");
  t.notMatch(text, "Every record");
});

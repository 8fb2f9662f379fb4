/** Goal: the none sink does all the work of a sink but keeping the result. */
import t from "tap";
import { NoneSink } from "../../../engine/sink/none_sink.ts";
import { expectedLines, fired, TAXI, type WindowSpec } from "./windows.ts";

t.test("NoneSink counts documents and the bytes of their lines", async (t) => {
  const spec: WindowSpec = {
    queryIndex: 0,
    windowStartMs: 0,
    rows: [
      { key: ["dr5ru6"], count: 2, accumulators: [] },
      { key: ["dr5ru7"], count: 14, accumulators: [] },
    ],
  };
  const sink = new NoneSink(TAXI);
  await sink.open();
  await sink.write([fired(TAXI, spec)]);
  await sink.close();
  const lines = expectedLines(TAXI, spec);
  t.equal(sink.name, "none");
  t.strictSame(sink.stats(), {
    documents: 2,
    bytes: lines.join("\n").length + 1,
    retries: 0,
  });
});

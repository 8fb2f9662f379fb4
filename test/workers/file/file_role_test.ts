import t from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { LINES_PER_BATCH } from "../../../engine/limits.ts";
import type { WorkerMessage, WorkerStart } from "../../../engine/messages.ts";
import { FileRole } from "../../../workers/file/file_role.ts";
import { PLAN } from "../../helpers/taxi.ts";

t.test("FileRole shows signs of life in the middle of a block", async (t) => {
  const posted: WorkerMessage[] = [];
  let signs = 0;
  const role = new FileRole({
    start: {
      plan: PLAN,
      epoch: 1,
      late: "drop",
      watermarkAheadMaxMs: 0,
    } as WorkerStart,
    post: (message) => posted.push(message),
    clock: systemClock,
    take: () => signs++,
  });
  const text = Buffer.from('{"type":"bus"}\n'.repeat(LINES_PER_BATCH * 2 + 1));
  const bytes = new SharedArrayBuffer(text.length);
  text.copy(Buffer.from(bytes));
  role.handle({
    type: "block",
    blockNumber: 0,
    path: "trips.jsonl",
    offset: 0,
    bytes,
    byteLength: text.length,
    watermarkMs: Number.NEGATIVE_INFINITY,
    arrivalMs: 0,
    dedupe: null,
  });
  t.equal(posted.length, 1);
  t.equal(signs, 3);
});

/**
 * Goal: what is written early and then finally is, document by document, what
 * would have been written at once; nothing unchanged is written again, and
 * nothing while something else waits.
 */
import fc from "fast-check";
import t from "tap";
import { EarlyWindows } from "../../../engine/coordinator/early_windows.ts";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import { documentOf } from "../../../engine/sink/document.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import { flushed, PLAN, type Tallied, WINDOW_MS } from "../../helpers/taxi.ts";

/** Takes what it is given, as a sink that keeps the newest. */
function takingQueue() {
  const documents = new Map<string, string>();
  const pushed: FiredWindow[] = [];
  return {
    documents,
    pushed,
    pendingDocuments: 0,
    push(windows: readonly FiredWindow[]) {
      pushed.push(...windows);
      for (const window of windows) {
        for (let row = 0; row < window.rowCount; row++) {
          const document = documentOf(window, row);
          documents.set(document._id, JSON.stringify(document));
        }
      }
    },
  };
}

const flushes = fc.array(
  fc.array(
    fc.tuple(
      fc.constantFrom(0, 1),
      fc.integer({ min: 0, max: 3 }).map((window) => window * WINDOW_MS),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 1, maxLength: 8 },
);

t.test("early and final documents end as the final ones alone", async (t) => {
  fc.assert(
    fc.property(flushes, fc.array(fc.boolean()), (all, emissions) => {
      const windows = new WindowStore(PLAN);
      const early = new EarlyWindows();
      const queue = takingQueue();
      const plain = takingQueue();
      for (const [i, flush] of all.entries()) {
        windows.merge(flushed(flush as Tallied[]));
        if (emissions[i] !== true) continue;
        early.emit({ windows, queues: [queue], isBlocked: false, nowMs: 0 });
        const { length } = queue.pushed;
        early.emit({ windows, queues: [queue], isBlocked: false, nowMs: 0 });
        t.equal(queue.pushed.length, length, "nothing has changed meanwhile");
      }
      t.ok(queue.pushed.every(({ isEarly }) => isEarly === true));
      const fired = windows.fire(Number.POSITIVE_INFINITY);
      t.ok(fired.every(({ isEarly }) => isEarly === undefined));
      for (const one of [queue, plain]) one.push(fired);
      t.strictSame(queue.documents, plain.documents);
    }),
  );
});

t.test("EarlyWindows waits while something else does", async (t) => {
  const windows = new WindowStore(PLAN);
  windows.merge(flushed([[0, 0, 7, 2]]));
  const early = new EarlyWindows();
  const queue = takingQueue();
  const all = { windows, queues: [queue], nowMs: 0 };
  early.emit({ ...all, isBlocked: true });
  queue.pendingDocuments = 1;
  early.emit({ ...all, isBlocked: false });
  const many = { keyCount: 1e6, provisional: () => windows.provisional() };
  queue.pendingDocuments = 0;
  early.emit({ ...all, windows: many, isBlocked: false });
  t.strictSame(early.status(), { emissions: 0, documents: 0, skipped: 3 });
  early.emit({ ...all, isBlocked: false });
  t.strictSame(early.status(), { emissions: 1, documents: 1, skipped: 3 });
  t.equal(queue.documents.size, 1);
});

/**
 * The job view's tables: workers, sinks, counts, problems, dead letters and
 * options.
 *
 * @module
 */
import type { LogProblem } from "../../log.ts";
import type {
  EngineStatus,
  SinkStatus,
  WorkerStatus,
} from "../../status/status.ts";
import type { ShownLetter } from "../recent_letters.ts";
import type { JobDetails } from "./api.ts";
import { DataTable } from "./data_table.ts";
import { h } from "./dom.ts";
import {
  bytesText,
  countText,
  localTimeText,
  nameText,
  shortCount,
  spanText,
} from "./format.ts";
import type { Rates } from "./rates.ts";

/** A status and the rates up to it. */
export interface Shown {
  readonly status: EngineStatus;
  readonly rates: Rates;
}

/** The table of worker threads. */
export function workerTable() {
  let shown: Shown | undefined;
  const rateOf = ({ worker }: WorkerStatus) => shown?.rates.workers.get(worker);
  const table = new DataTable<WorkerStatus>(
    "workers",
    [
      { title: "Worker", text: ({ worker }) => String(worker) },
      { title: "State", text: ({ state }) => state },
      {
        title: "Epoch",
        isNumber: true,
        text: ({ epoch }) => countText(epoch ?? 0),
      },
      {
        title: "Restarts",
        isNumber: true,
        text: ({ restarts }) => countText(restarts ?? 0),
      },
      {
        title: "Shards",
        isNumber: true,
        text: ({ shards }) => countText(shards),
      },
      {
        title: "Busy",
        isNumber: true,
        text: ({ cpuShare }) => `${(cpuShare * 100).toFixed(0)} %`,
        element: ({ cpuShare }) => {
          const bar = h("span", { class: "meter" }, [h("i")]);
          const percent = `${(Math.min(1, cpuShare) * 100).toFixed(0)}%`;
          (bar.firstElementChild as HTMLElement).style.width = percent;
          return h("span", {}, [bar, ` ${percent.replace("%", " %")}`]);
        },
      },
      {
        title: "Flushes wait",
        isNumber: true,
        text: ({ flushesWaiting }) => countText(flushesWaiting ?? 0),
      },
      {
        title: "Heap",
        isNumber: true,
        text: ({ heapBytes }) =>
          (heapBytes ?? 0) === 0 ? "–" : bytesText(heapBytes),
      },
      {
        title: "Busy in all",
        isNumber: true,
        text: ({ cpuSeconds }) => spanText(cpuSeconds * 1_000),
      },
      {
        title: "Records/s",
        isNumber: true,
        text: (row) => shortCount(rateOf(row)?.records ?? 0),
      },
      {
        title: "Flushes/s",
        isNumber: true,
        text: (row) => shortCount(rateOf(row)?.flushes ?? 0),
      },
      {
        title: "Records",
        isNumber: true,
        text: ({ records }) => countText(records),
      },
    ],
    ({ worker }) => String(worker),
  );
  return (next: Shown) => {
    shown = next;
    table.show(next.status.workers);
  };
}

/** The table of sinks. */
export function sinkTable() {
  let shown: Shown | undefined;
  const table = new DataTable<SinkStatus>(
    "sinks",
    [
      { title: "Sink", text: ({ name }) => name },
      {
        title: "Documents/s",
        isNumber: true,
        text: ({ name }) =>
          shortCount(shown?.rates.sinks.get(name)?.documents ?? 0),
      },
      {
        title: "Documents",
        isNumber: true,
        text: ({ documents }) => countText(documents),
      },
      {
        title: "Written",
        isNumber: true,
        text: ({ bytes }) => bytesText(bytes),
      },
      {
        title: "Waiting",
        isNumber: true,
        text: ({ pendingDocuments }) => countText(pendingDocuments),
      },
      {
        title: "Retries",
        isNumber: true,
        text: ({ retries }) => countText(retries),
      },
      {
        title: "Refused for ever",
        isNumber: true,
        text: ({ refused = 0 }) => countText(refused),
        element: ({ refused = 0 }) =>
          h("span", { class: refused > 0 ? "bad" : "" }, [countText(refused)]),
      },
      {
        title: "Trouble",
        text: ({ trouble = null }) => trouble ?? "none",
        element: ({ trouble = null }) =>
          h("span", { class: trouble === null ? "muted" : "bad wide" }, [
            trouble ?? "none",
          ]),
      },
    ],
    ({ name }) => name,
  );
  return (next: Shown) => {
    shown = next;
    table.show(next.status.sinks);
  };
}

/** What became of the records: a table of names and counts. */
export function countTable() {
  const table = new DataTable<readonly [string, number]>(
    "counts",
    [
      { title: "Outcome", text: ([name]) => name },
      { title: "Records", isNumber: true, text: ([, n]) => countText(n) },
    ],
    ([name]) => name,
  );
  return ({ status: { counts } }: Shown) => {
    const { read, tallied, filtered, watermarksTaken, watermarksRefused } =
      counts;
    table.show([
      ["read", read],
      ["tallied", tallied],
      // A job has a dozen reasons, most of which never come up.
      ...Object.entries(filtered)
        .filter(([, n]) => n > 0)
        .map(([reason, n]) => [`filtered: ${nameText(reason)}`, n] as const),
      ["watermarks taken", watermarksTaken],
      ["watermarks refused", watermarksRefused],
      ["dead letters", counts.dead],
      ["late", counts.late],
      ["after idle", counts.afterIdle],
      ["out of range", counts.outOfRange],
    ]);
  };
}

/** As it is written on a command line: `statusPort` is `--status-port`. */
function optionText(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (one) => `-${one.toLowerCase()}`);
  return `--${words}`;
}

/** The tables of what is asked for apart: problems, dead letters, options. */
export function detailTables() {
  const problems = new DataTable<LogProblem>(
    "problems",
    [
      {
        title: "Time",
        text: ({ atMs }) => localTimeText(atMs),
      },
      { title: "Level", text: ({ level }) => level },
      { title: "What", text: ({ text }) => text },
    ],
    ({ atMs, text }) => `${atMs} ${text}`,
  );
  const letters = new DataTable<ShownLetter>(
    "letters",
    [
      { title: "Reason", text: ({ reason }) => nameText(reason) },
      { title: "Shard", text: ({ shardId }) => shardId },
      {
        title: "Bytes",
        isNumber: true,
        text: ({ bytes }) => bytesText(bytes),
      },
      {
        title: "Record",
        text: ({ text }) => text,
        element: ({ text }) => h("code", { class: "record" }, [text]),
      },
    ],
    ({ shardId, sequenceNumber }) => `${shardId} ${sequenceNumber}`,
  );
  const options = new DataTable<readonly [string, string]>(
    "options",
    [
      { title: "Option", text: ([name]) => optionText(name) },
      { title: "Value", text: ([, value]) => value },
    ],
    ([name]) => name,
  );
  return (details: JobDetails) => {
    problems.show([...details.problems].reverse());
    letters.show(details.deadLetters);
    options.show(Object.entries(details.config));
  };
}

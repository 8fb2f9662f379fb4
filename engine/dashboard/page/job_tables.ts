/**
 * The job view's tables: shards, workers, sinks, counts, problems, dead letters
 * and options.
 *
 * @module
 */
import type { LogProblem } from "../../log.ts";
import type {
  EngineStatus,
  ShardStatus,
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
  nameText,
  shareText,
  shortCount,
  spanText,
  timeText,
} from "./format.ts";
import type { Rates } from "./rates.ts";

/** A status and the rates up to it. */
export interface Shown {
  readonly status: EngineStatus;
  readonly rates: Rates;
}

const watermarkText = (ms: number | null) =>
  ms === null ? "none yet" : timeText(ms);

/** How far a shard's watermark is behind the furthest one. */
function skewText({ watermarkMs }: ShardStatus, furthestMs: number): string {
  if (watermarkMs === null) return "–";
  return watermarkMs === furthestMs
    ? "foremost"
    : `−${spanText(furthestMs - watermarkMs)}`;
}

/** A shard's state, and what keeps it from being read. */
function shardState({ state, idle, paused, reading }: ShardStatus): string {
  const more = [
    idle ? "idle" : "",
    paused ? "held: too far ahead" : "",
    reading === "fan_out" ? "pushed" : "",
  ].filter((one) => one !== "");
  return [state, ...more].join(", ");
}

/** The table of shards. */
export function shardTable(onMove: (shard: ShardStatus) => void) {
  let shown: Shown | undefined;
  let canMove = false;
  let furthestMs = Number.NEGATIVE_INFINITY;
  const rateOf = ({ shardId }: ShardStatus) => shown?.rates.shards.get(shardId);
  const table = new DataTable<ShardStatus>(
    "shards",
    [
      { title: "Shard", text: ({ shardId }) => shardId },
      { title: "State", text: shardState },
      {
        title: "Worker",
        isNumber: true,
        text: ({ worker }) => (worker < 0 ? "–" : String(worker)),
      },
      {
        title: "Records/s",
        isNumber: true,
        text: (row) => shortCount(rateOf(row)?.records ?? 0),
      },
      {
        title: "Bytes/s",
        isNumber: true,
        text: (row) => bytesText(rateOf(row)?.bytes ?? 0),
      },
      {
        title: "Behind latest",
        isNumber: true,
        text: ({ behindLatestMs }) => spanText(behindLatestMs),
      },
      {
        title: "Watermark",
        isNumber: true,
        text: ({ watermarkMs }) => watermarkText(watermarkMs),
      },
      {
        title: "Skew",
        isNumber: true,
        text: (row) => skewText(row, furthestMs),
      },
      {
        title: "Load",
        isNumber: true,
        text: ({ load }) => shareText(load ?? 0),
      },
      {
        title: "Moves",
        isNumber: true,
        text: ({ moves }) => countText(moves ?? 0),
      },
      {
        title: "Throttled",
        isNumber: true,
        text: ({ throttled }) => countText(throttled),
      },
      {
        title: "Position",
        text: ({ sequenceNumber }) => sequenceNumber,
        element: ({ sequenceNumber }) =>
          h("code", { title: sequenceNumber, class: "position" }, [
            sequenceNumber === "" ? "–" : `…${sequenceNumber.slice(-12)}`,
          ]),
      },
      {
        title: "Action",
        text: ({ state }) => (canMove && state === "reading" ? "Move" : ""),
        element: (row) =>
          canMove && row.state === "reading"
            ? h("button", { type: "button", onclick: () => onMove(row) }, [
                "Move",
              ])
            : "",
      },
    ],
    ({ shardId }) => shardId,
  );
  return (next: Shown, isMovable: boolean) => {
    shown = next;
    canMove = isMovable;
    const { shards } = next.status;
    furthestMs = shards.reduce(
      (most, { watermarkMs }) => Math.max(most, watermarkMs ?? most),
      Number.NEGATIVE_INFINITY,
    );
    table.show(shards);
  };
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
      ...Object.entries(filtered).map(
        ([reason, n]) => [`filtered: ${nameText(reason)}`, n] as const,
      ),
      ["watermarks taken", watermarksTaken],
      ["watermarks refused", watermarksRefused],
      ["dead letters", counts.dead],
      ["late", counts.late],
      ["after idle", counts.afterIdle],
      ["out of range", counts.outOfRange],
    ]);
  };
}

/** The tables of what is asked for apart: problems, dead letters, options. */
export function detailTables() {
  const problems = new DataTable<LogProblem>(
    "problems",
    [
      {
        title: "Time",
        text: ({ atMs }) => new Date(atMs).toLocaleTimeString(),
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
      { title: "Option", text: ([name]) => name },
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

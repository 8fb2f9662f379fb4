/**
 * The job view's table of shards.
 *
 * @module
 */
import type { ShardStatus } from "../../status/status.ts";
import { DataTable } from "./data_table.ts";
import { byId, h } from "./dom.ts";
import {
  bytesText,
  countText,
  shareText,
  shortCount,
  spanText,
  timeText,
} from "./format.ts";
import type { Shown } from "./job_tables.ts";

const watermarkText = (ms: number | null) =>
  ms === null ? "none yet" : timeText(ms);

/** How far a shard's watermark is behind the furthest one. */
function skewText({ watermarkMs }: ShardStatus, furthestMs: number): string {
  if (watermarkMs === null) return "–";
  return watermarkMs === furthestMs
    ? "0 s"
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
    byId("shards").toggleAttribute("data-still", !isMovable);
    const { shards } = next.status;
    furthestMs = shards.reduce(
      (most, { watermarkMs }) => Math.max(most, watermarkMs ?? most),
      Number.NEGATIVE_INFINITY,
    );
    table.show(shards);
  };
}

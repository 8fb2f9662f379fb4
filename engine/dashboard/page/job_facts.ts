/**
 * The job view's facts: what a status says in single figures, in groups.
 *
 * @module
 */
import type {
  CheckpointStatus,
  EngineStatus,
  GapStatus,
} from "../../status/status.ts";
import {
  bytesText,
  countText,
  shareText,
  shortShard,
  spanText,
  timeText,
} from "./format.ts";
import type { Rates } from "./rates.ts";
import { topicsOf } from "./status_topics.ts";

type Fact = readonly [name: string, text: string];

/** Facts of one kind. */
export interface FactGroup {
  readonly title: string;
  readonly facts: readonly Fact[];
}

/** What merging has to wait for, so that workers wait as well. */
function backpressureText({ backpressure }: EngineStatus): string {
  const { from = null, share = 0 } = backpressure ?? {};
  if (from === null) return "none";
  return `from ${from}: ${shareText(share)} of the time`;
}

/** How often shards moved, and the last time. */
function movesText({ moves }: EngineStatus): string {
  const { count = 0, last = null } = moves ?? {};
  if (last === null) return countText(count);
  return `${countText(count)}, last ${shortShard(last.shardId)}: ${last.from} → ${last.to}`;
}

/** How far apart the shards' watermarks are. */
function skewText({ shards }: EngineStatus): string {
  const known = shards
    .filter(({ state }) => state !== "ended")
    .flatMap(({ watermarkMs }) => (watermarkMs === null ? [] : [watermarkMs]));
  if (known.length === 0) return "none yet";
  const least = known.reduce((a, b) => Math.min(a, b));
  const most = known.reduce((a, b) => Math.max(a, b));
  return most === least ? "none" : spanText(most - least);
}

function heldText(status: EngineStatus): string {
  const { watermarkHeldBy, watermarkHeldSinceMs, nowMs } = status;
  if (watermarkHeldBy === null || skewText(status) === "none") return "nothing";
  const shard = shortShard(watermarkHeldBy);
  if (watermarkHeldSinceMs === null) return shard;
  return `${shard}, for ${spanText(Math.max(0, nowMs - watermarkHeldSinceMs))}`;
}

function earlyText({ early }: EngineStatus): string {
  if (!early) return "off";
  const { intervalMs, documents, skipped } = early;
  const left = skipped > 0 ? `, left out ${countText(skipped)}×` : "";
  return `${countText(documents)} documents, every ${spanText(intervalMs)}${left}`;
}

function dedupeText({ dedupe }: EngineStatus): string {
  if (!dedupe) return "off";
  const { ids, idsForgotten, withoutId } = dedupe;
  return `${countText(ids)} ids remembered, ${countText(idsForgotten)} forgotten early, ${countText(withoutId)} events without`;
}

function gapsText(gaps: readonly GapStatus[] = []): string {
  if (gaps.length === 0) return "none";
  return gaps
    .map(({ shardId, fromMs, toMs }) => {
      const from = `${new Date(fromMs).toISOString().slice(0, 16)}Z`;
      return `${shortShard(shardId)}: ${spanText(toMs - fromMs)} from ${from}`;
    })
    .join("; ");
}

function checkpointFacts(
  checkpoint: CheckpointStatus | null | undefined,
  nowMs: number,
): Fact[] {
  if (!checkpoint) return [["State", "off: start the run with --checkpoint"]];
  const { number, takenAtMs, durationMs, mainThreadMs, bytes } = checkpoint;
  const { failures, restoredFrom, store } = checkpoint;
  const from =
    restoredFrom === null
      ? "nothing: it began anew"
      : `number ${countText(restoredFrom.number)}, taken ${spanText(nowMs - restoredFrom.takenAtMs)} ago`;
  const isThere = takenAtMs !== null;
  return [
    [
      "Last",
      isThere
        ? `number ${countText(number)}, ${spanText(nowMs - takenAtMs)} ago`
        : "none yet",
    ],
    ["Took", isThere ? spanText(durationMs) : "–"],
    ["Of that held merging up", isThere ? spanText(mainThreadMs) : "–"],
    ["Size", isThere ? bytesText(bytes) : "–"],
    ["Failed attempts", countText(failures)],
    ["Restored from", from],
    ["Store", store],
  ];
}

/** Everything, in groups. */
export function factGroups(status: EngineStatus, rates: Rates): FactGroup[] {
  const { startedAtMs, nowMs, watermarkMs, job, version, counts } = status;
  const running = status.workers.filter(({ state }) => state === "running");
  const others = topicsOf(status);
  const groups: FactGroup[] = [
    {
      title: "Run",
      facts: [
        ["State", status.state],
        ["Job", `${job.name} (${job.hash.slice(0, 8)})`],
        ["Source", status.source],
        ["Running for", spanText(nowMs - startedAtMs)],
        ["CPU", `${rates.cores.toFixed(2)} cores`],
        ["Memory", bytesText(status.rssBytes)],
        ["Version", version],
      ],
    },
    {
      title: "Event time",
      facts: [
        [
          "Watermark",
          watermarkMs === null
            ? "none yet"
            : // Without the day of the week, for want of room.
              timeText(watermarkMs).replace(/^\w+, /, ""),
        ],
        ["Strategy", status.watermarkStrategy ?? "–"],
        ["Held back by", heldText(status)],
        ["Skew between shards", skewText(status)],
        ["Behind latest", spanText(status.behindLatestMs)],
        ["Times too far ahead", countText(status.eventTimesRefused ?? 0)],
      ],
    },
    {
      title: "Windows",
      facts: [
        ["Open", countText(status.windowsOpen)],
        ["Fired", countText(status.windowsFired)],
        ["Documents", countText(status.documentsFired)],
        ["Kept for late events", countText(status.windowsKept ?? 0)],
        ["Corrections", countText(status.windowsCorrected ?? 0)],
        ["Late records", countText(counts.late)],
        ["Tallies left out", countText(status.talliesLeftOut ?? 0)],
        ["Written early", earlyText(status)],
      ],
    },
    {
      title: "Checkpoints",
      facts: checkpointFacts(status.checkpoint, nowMs),
    },
    {
      title: "Balance",
      facts: [
        ["Records read", countText(counts.read)],
        ["Backpressure", backpressureText(status)],
        [
          "Workers",
          `${countText(running.length)} of ${countText(status.workersWanted ?? running.length)} run`,
        ],
        ["Moves of shards", movesText(status)],
        ["Shards reopened", countText(status.shardsReopened ?? 0)],
        ["Gaps in what was read", gapsText(status.gaps)],
        ["Duplicates by id", dedupeText(status)],
      ],
    },
  ];
  if (others.length > 0) groups.push({ title: "More", facts: others });
  return groups;
}

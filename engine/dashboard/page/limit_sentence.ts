/**
 * One sentence that says what limits the run at this moment.
 *
 * @module
 */
import { DOCUMENTS_PENDING_MAX } from "../../limits.ts";
import type { EngineStatus, ShardStatus } from "../../status/status.ts";
import { bytesText, countText, shareText, spanText } from "./format.ts";
import type { Rates } from "./rates.ts";

/** Where in the flow the limit lies. */
export type LimitPlace = "stream" | "workers" | "merge" | "sinks" | "none";

/** The sentence and how bad it is. */
export interface Limit {
  readonly tone: "good" | "busy" | "bad";
  readonly place: LimitPlace;
  readonly text: string;
}

/** A run no further behind than this keeps up, ms. */
const KEEPS_UP_MS = 5_000;
/** Busier threads than this have nothing to spare. */
const BUSY_SHARE = 0.85;
/** What Kinesis gives a shard's readers, bytes each second; nearly all of it. */
const SHARD_BYTES_PER_SECOND = 0.9 * 2 * 1024 * 1024;
/** A watermark further behind the next than this holds back. */
const SKEW_MS = 3_600_000;
/** A coordinator that is away for longer, ms, is the limit. */
const LOOP_DELAY_MS = 100;

/** Merging that waits for less of the time is not held up by that. */
const WAITING_SHARE = 0.15;

type Check = (status: EngineStatus, rates: Rates) => Limit | undefined;

const failed: Check = ({ state, error }) =>
  state !== "failed"
    ? undefined
    : {
        tone: "bad",
        place: "none",
        text: `The run has failed: ${error ?? "nobody knows why"}.`,
      };

const over: Check = ({ state }) => {
  const texts: Partial<Record<EngineStatus["state"], string>> = {
    finished: "The run has finished: everything is written.",
    stopping: "The run is stopping: what is under way is being finished.",
    starting: "The run is starting.",
  };
  const text = texts[state];
  return text === undefined ? undefined : { tone: "good", place: "none", text };
};

/** Merging has waited for something in more than a tenth of the time. */
const waiting: Check = ({ backpressure, sinks }) => {
  const { from = null, share = 0 } = backpressure ?? {};
  if (from === null || share < WAITING_SHARE) return undefined;
  const isSink = sinks.some(({ name }) => name === from);
  return {
    tone: "bad",
    place: isSink ? "sinks" : "merge",
    text: isSink
      ? `The sink ${from} is the limit: merging waited for it ${shareText(share)} of the time, and the workers with it.`
      : `Merging waited for ${from === "checkpoint" ? "checkpoints" : `the ${from}`} ${shareText(share)} of the time, and the workers with it.`,
  };
};

/** A sink says itself why it takes nothing. */
const sinkTrouble: Check = ({ sinks }) => {
  const found = sinks.find(({ trouble = null }) => trouble !== null);
  if (found === undefined) return undefined;
  const waiting =
    found.pendingDocuments === 0
      ? ""
      : `, ${countText(found.pendingDocuments)} documents wait`;
  return {
    tone: "bad",
    place: "sinks",
    text: `The sink ${found.name} is the limit${waiting}: ${found.trouble}.`,
  };
};

const workersLost: Check = ({ workers }, rates) => {
  const lost = workers.filter(
    ({ state, worker }) =>
      state === "restarting" || rates.workers.get(worker)?.isNew === true,
  );
  const [first] = lost;
  if (first === undefined) return undefined;
  const times = lost.reduce((sum, { restarts }) => sum + (restarts ?? 0), 0);
  const who =
    lost.length === 1
      ? `Worker ${first.worker} was lost and starts`
      : `${lost.length} of ${workers.length} workers were lost and start`;
  const often = times < 2 ? "" : ` (${countText(times)} times so far)`;
  return {
    tone: "bad",
    place: "workers",
    text: `${who} again${often}: until then ${lost.length === 1 ? "its" : "their"} shards wait. The warnings below tell why.`,
  };
};

const sinkFull: Check = ({ sinks }) => {
  const full = sinks.find(
    ({ pendingDocuments }) => pendingDocuments > DOCUMENTS_PENDING_MAX / 2,
  );
  return (
    full && {
      tone: "bad",
      place: "sinks",
      text: `The sink ${full.name} is the limit: ${countText(full.pendingDocuments)} documents wait for it.`,
    }
  );
};

const throttled: Check = ({ shards, behindLatestMs }, rates) => {
  if (behindLatestMs < KEEPS_UP_MS) return undefined;
  const found = shards.filter(
    ({ shardId }) => (rates.shards.get(shardId)?.throttled ?? 0) > 0.2,
  );
  if (found.length === 0) return undefined;
  return {
    tone: "bad",
    place: "stream",
    text: `Kinesis throttles ${found.length} of ${shards.length} shards: others read them too, or lower --reads-per-second; the run is ${spanText(behindLatestMs)} behind.`,
  };
};

const shardQuota: Check = ({ shards, behindLatestMs }, rates) => {
  const full = shards.filter(
    ({ shardId, behindLatestMs: behind }) =>
      behind >= KEEPS_UP_MS &&
      (rates.shards.get(shardId)?.bytes ?? 0) > SHARD_BYTES_PER_SECOND,
  );
  if (full.length === 0) return undefined;
  return {
    tone: "busy",
    place: "stream",
    text: `The quota of ${full.length === 1 ? full[0]?.shardId : `${full.length} shards`} is the limit: 2 MB/s each; the run is ${spanText(behindLatestMs)} behind.`,
  };
};

const workersBusy: Check = ({ workers, behindLatestMs }) => {
  const share =
    workers.reduce((sum, { cpuShare }) => sum + cpuShare, 0) /
    Math.max(1, workers.length);
  if (share < BUSY_SHARE) return undefined;
  return {
    tone: behindLatestMs < KEEPS_UP_MS ? "busy" : "bad",
    place: "workers",
    text: `The workers' CPU is the limit: they are ${shareText(share)} busy, and the run is ${spanText(behindLatestMs)} behind.`,
  };
};

const mergeBusy: Check = ({ eventLoopDelayMs, behindLatestMs }) =>
  eventLoopDelayMs.p99 < LOOP_DELAY_MS || behindLatestMs < KEEPS_UP_MS
    ? undefined
    : {
        tone: "busy",
        place: "merge",
        text: `Merging is the limit: one turn in a hundred of the coordinator takes ${spanText(eventLoopDelayMs.p99)} or more.`,
      };

/** How far the shard that holds back is behind the next one, ms. */
function skewMs(shards: readonly ShardStatus[]): number {
  const watermarks = shards
    .filter(({ state }) => state !== "ended")
    .flatMap(({ watermarkMs }) => (watermarkMs === null ? [] : [watermarkMs]))
    .sort((a, b) => a - b);
  const [least = 0] = watermarks;
  return (watermarks.at(-1) ?? least) - least;
}

const heldBack: Check = ({ shards, watermarkHeldBy, watermarkMs }) => {
  if (watermarkHeldBy === null || shards.length < 2) return undefined;
  if (watermarkMs === null) {
    return {
      tone: "busy",
      place: "stream",
      text: `No window can fire yet: ${watermarkHeldBy} has not told its event time.`,
    };
  }
  const skew = skewMs(shards);
  if (skew < SKEW_MS) return undefined;
  return {
    tone: "busy",
    place: "stream",
    text: `The watermark is held back by ${watermarkHeldBy}: the furthest shard is ${spanText(skew)} of event time ahead of it.`,
  };
};

const behind: Check = ({ behindLatestMs }, rates) =>
  behindLatestMs < KEEPS_UP_MS
    ? undefined
    : {
        tone: "busy",
        place: "stream",
        text: `The run is catching up: ${spanText(behindLatestMs)} behind, reading ${bytesText(rates.bytesPerSecond)}/s; nothing of its own holds it back.`,
      };

const CHECKS: readonly Check[] = [
  failed,
  over,
  sinkTrouble,
  workersLost,
  waiting,
  sinkFull,
  throttled,
  workersBusy,
  shardQuota,
  mergeBusy,
  heldBack,
  behind,
];

/** What limits a run. */
export function limitOf(status: EngineStatus, rates: Rates): Limit {
  for (const check of CHECKS) {
    const found = check(status, rates);
    if (found !== undefined) return found;
  }
  return {
    tone: "good",
    place: "none",
    text: `Nothing holds the run back: it keeps up with the stream, ${spanText(status.behindLatestMs)} behind.`,
  };
}

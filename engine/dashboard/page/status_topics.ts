/**
 * Parts of a status that this page does not know, as names and texts: it also
 * shows engines newer than itself, and leaves nothing out.
 *
 * @module
 */
import { bytesText, countText, nameText, spanText } from "./format.ts";

/** Parts of a status that are shown elsewhere. */
const KNOWN: ReadonlySet<string> = new Set([
  "version",
  "state",
  "error",
  "startedAtMs",
  "nowMs",
  "job",
  "source",
  "counts",
  "bytes",
  "eventsPerSecond",
  "watermarkMs",
  "watermarkHeldBy",
  "behindLatestMs",
  "windowsOpen",
  "keysOpen",
  "windowsFired",
  "documentsFired",
  "shards",
  "workers",
  "sinks",
  "deadLetters",
  "latest",
  "moves",
  "rssBytes",
  "cpuSeconds",
  "eventLoopDelayMs",
  "fireDelayMs",
  "fireDelays",
  "corrections",
  "backpressure",
  "watermarkStrategy",
  "watermarkHeldSinceMs",
  "eventTimesRefused",
  "windowsKept",
  "windowsCorrected",
  "talliesLeftOut",
  "documentsCorrected",
  "early",
  "dedupe",
  "workersWanted",
  "shardsReopened",
  "gaps",
  "checkpoint",
]);

/** Times are told as how long ago they are. */
const EPOCH_MS_LEAST = 1e12;

function words(name: string): string {
  const spaced = nameText(name).replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  const bare = spaced.replace(/ (at )?(ms|bytes)$/i, "").toLowerCase();
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

function valueText(name: string, value: unknown, nowMs: number): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") {
    if (/Ms$/.test(name)) {
      return value > EPOCH_MS_LEAST
        ? `${spanText(nowMs - value)} ago`
        : spanText(value);
    }
    return /bytes$/i.test(name) ? bytesText(value) : countText(value);
  }
  if (Array.isArray(value) && value.length === 0) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What else a status says, one level deep. */
export function topicsOf(
  status: Readonly<{ nowMs: number }>,
): (readonly [name: string, text: string])[] {
  const { nowMs } = status;
  return Object.entries(status)
    .filter(([name]) => !KNOWN.has(name))
    .flatMap(([name, value]: [string, unknown]) => {
      if (value === null || typeof value !== "object" || Array.isArray(value)) {
        return [[words(name), valueText(name, value, nowMs)] as const];
      }
      return Object.entries(value).map(
        ([part, inner]) =>
          [
            `${words(name)}: ${words(part).toLowerCase()}`,
            valueText(part, inner, nowMs),
          ] as const,
      );
    });
}

/**
 * Figures as people read them, with their units.
 *
 * @module
 */

const COUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `1,234,567`. */
export function countText(value: number): string {
  return COUNT.format(value);
}

/** Three digits and a letter: `999`, `12.3 k`, `4.56 M`. */
export function shortCount(value: number): string {
  const units = ["", "k", "M", "G", "T"];
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1_000;
    unit++;
  }
  if (unit === 0) {
    return Number.isInteger(scaled) || scaled >= 99.95
      ? String(Math.round(scaled))
      : scaled.toFixed(1);
  }
  const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${units[unit]}`;
}

/** `512 B`, `12.3 kB`, `4.56 MB`. */
export function bytesText(bytes: number): string {
  const short = shortCount(bytes);
  return short.includes(" ") ? `${short}B` : `${short} B`;
}

/** `35 ms`, `2.4 s`, `3 min`, `5.2 h`, `3.1 d`. */
export function spanText(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ];
  const found = units.find(([size]) => Math.abs(ms) >= size);
  if (found === undefined) {
    return `${ms !== 0 && Math.abs(ms) < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  }
  const value = ms / found[0];
  const isWhole = Math.abs(value - Math.round(value)) < 0.05 || value >= 100;
  return `${isWhole ? Math.round(value) : value.toFixed(1)} ${found[1]}`;
}

const DAY = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** The day of an event time: `Fri, 1 Jan 2016`. */
export function dayText(ms: number): string {
  return DAY.format(ms);
}

/** The time of day of an event time: `08:40`. */
export function clockText(ms: number): string {
  return CLOCK.format(ms);
}

/** Both: `Fri, 1 Jan 2016 08:40`. */
export function timeText(ms: number): string {
  return `${dayText(ms)} ${clockText(ms)}`;
}

/** From and to, day and year said once: `Fri, 1 Jan 2016 08:40 – 09:40`. */
export function rangeText(fromMs: number, toMs: number): string {
  const from = timeText(fromMs);
  if (dayText(fromMs) === dayText(toMs)) return `${from} – ${clockText(toMs)}`;
  const [year = ""] = / \d{4}$/.exec(dayText(fromMs)) ?? [];
  return `${from} – ${timeText(toMs).replace(`${year} `, " ")}`;
}

/** The time of day here, where the page is looked at. */
export function localTimeText(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** The number of a shard, without its many zeros: `shardId-…001`. */
export function shortShard(shardId: string): string {
  return shardId.replace(/-0{4,}(?=\d{3}$)/, "-…");
}

/** Share as a percentage: `37 %`. */
export function shareText(share: number): string {
  return `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

/** Units that names of measures end in. */
const UNITS: Readonly<Record<string, string>> = {
  kmh: "km/h",
  mph: "mph",
  km: "km",
  m: "m",
  min: "min",
  minutes: "min",
  s: "s",
  seconds: "s",
  ms: "ms",
  pct: "%",
  percent: "%",
  celsius: "°C",
  usd: "$",
  eur: "€",
};

/** A measure's unit with a space before it, as far as it is known. */
export function measureUnit({
  as,
  isMinutes,
}: {
  readonly as: string;
  readonly isMinutes: boolean;
}): string {
  const [last = ""] = as.toLowerCase().split(/[_-]+/).slice(-1);
  const unit = isMinutes ? "min" : UNITS[last];
  return unit === undefined ? "" : ` ${unit}`;
}

/** What is averaged, without its unit: `speed` of `avg_speed_kmh`. */
export function averagedName(as: string): string {
  const words = averagedText(as).split(" ");
  const [last = ""] = words.slice(-1);
  return words.length > 1 && last in UNITS
    ? words.slice(0, -1).join(" ")
    : words.join(" ");
}

/** What is averaged, from a measure's name: `speed kmh` of `avg_speed_kmh`. */
export function averagedText(measure: string): string {
  return nameText(measure).replace(/^(avg|average|mean) /, "");
}

/** An average as it stands beside its zone. */
export function averageText(average: number, isMinutes: boolean): string {
  return `${average.toFixed(1)}${isMinutes ? " min" : ""}`;
}

/** `pickup_count` as `pickup count`. */
export function nameText(name: string): string {
  return name.replaceAll(/[_-]+/g, " ");
}

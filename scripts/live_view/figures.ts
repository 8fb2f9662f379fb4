/**
 * Figures as people read them.
 *
 * @module
 */

const MS_PER_S = 1_000;
const MS_PER_MIN = 60_000;
const MS_PER_H = 3_600_000;

/** `1,660,233`. */
export function countText(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `41.2`. */
export function decimalText(value: number): string {
  return value.toFixed(1);
}

/** A span as two digits or so: `0.4 s`, `12 s`, `3.5 min`, `2.0 h`. */
export function spanText(ms: number): string {
  if (ms < 10 * MS_PER_S) return `${decimalText(ms / MS_PER_S)} s`;
  if (ms < 2 * MS_PER_MIN) return `${Math.round(ms / MS_PER_S)} s`;
  if (ms < 2 * MS_PER_H) return `${decimalText(ms / MS_PER_MIN)} min`;
  return `${decimalText(ms / MS_PER_H)} h`;
}

/** Minutes and seconds since a start: `1:05`, `1:02:05`. */
export function stopwatchText(ms: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.max(0, Math.floor(ms / MS_PER_S));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

/** Event time, UTC: `2016-01-03 11:50`. */
export function eventTimeText(epochMs: number | null): string {
  if (epochMs === null) return "none yet";
  return new Date(epochMs).toISOString().slice(0, 16).replace("T", " ");
}

/** Event time with its weekday, UTC: `Sun 2016-01-03 11:50`. */
export function dayTimeText(epochMs: number | null): string {
  const day = epochMs === null ? "" : new Date(epochMs).toUTCString();
  return `${day.slice(0, 3)} ${eventTimeText(epochMs)}`.trim();
}

/** Time of day on this machine: `12:00:05`. */
export function clockText(epochMs: number): string {
  return new Date(epochMs).toTimeString().slice(0, 8);
}

/** `212 MiB`. */
export function sizeText(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  if (mib >= 10 * 1024) return `${decimalText(mib / 1024)} GiB`;
  return mib >= 10 ? `${countText(mib)} MiB` : `${decimalText(mib)} MiB`;
}

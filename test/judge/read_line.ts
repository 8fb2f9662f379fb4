/**
 * What a line says, by the definition itself: `JSON.parse`, then the fields.
 *
 * Written from the design's text alone; shares nothing with the engine.
 *
 * @module
 */

/** A line's fields, or why there are none. */
export type LineReading =
  | { readonly outcome: "dead" }
  | { readonly outcome: "undeclared" }
  | { readonly outcome: "watermark"; readonly watermarkMs: number }
  | {
      readonly outcome: "trip";
      readonly pickupLat: number;
      readonly pickupLon: number;
      readonly dropoffLat: number;
      readonly dropoffLon: number;
      readonly pickupMs: number;
      readonly dropoffMs: number;
    };

const DEAD: LineReading = { outcome: "dead" };

/** JSON's number grammar (RFC 8259, section 6). */
const JSON_NUMBER_REGEXP =
  /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const TIME_REGEXP =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))?$/;

/** The value of a field that may be a number or a string holding one. */
function readNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  return JSON_NUMBER_REGEXP.test(value) ? Number(value) : undefined;
}

/** Epoch ms of a time's text; digits past milliseconds are cut off. */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const match = TIME_REGEXP.exec(value);
  if (match === null) return undefined;
  const part = (i: number) => Number(match[i] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const ms = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (part(9) > 23 || part(10) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month doesn't have has become another one.
  if (
    date.getUTCFullYear() !== year ||
    date.getUTCMonth() !== month - 1 ||
    date.getUTCDate() !== day
  ) {
    return undefined;
  }
  const offset = (part(9) * 60 + part(10)) * (match[8] === "-" ? -1 : 1);
  const minutes = hour * 60 + minute - offset;
  return date.getTime() + (minutes * 60 + second) * 1_000 + ms;
}

/** The first of `names` that the event has, whatever its value. */
function member(event: object, names: readonly string[]): unknown {
  const name = names.find((one) => Object.hasOwn(event, one));
  return name === undefined
    ? undefined
    : (event as Record<string, unknown>)[name];
}

function readTrip(event: object): LineReading {
  const number = (...names: string[]) => readNumber(member(event, names));
  const time = (name: string) => readTime(member(event, [name]));
  const pickupLat = number("pickup_lat", "pickup_latitude");
  const pickupLon = number("pickup_lon", "pickup_longitude");
  const dropoffLat = number("dropoff_lat", "dropoff_latitude");
  const dropoffLon = number("dropoff_lon", "dropoff_longitude");
  const pickupMs = time("pickup_datetime");
  const dropoffMs = time("dropoff_datetime");
  if (
    pickupLat === undefined ||
    pickupLon === undefined ||
    dropoffLat === undefined ||
    dropoffLon === undefined ||
    pickupMs === undefined ||
    dropoffMs === undefined
  ) {
    return DEAD;
  }
  return {
    outcome: "trip",
    pickupLat,
    pickupLon,
    dropoffLat,
    dropoffLon,
    pickupMs,
    dropoffMs,
  };
}

/**
 * Reads one record.
 *
 * @param bytes The record without a line feed. Invalid UTF-8 is replaced as
 *   `Buffer.toString` does; a byte order mark is kept, and so is no JSON.
 */
export function readLine(bytes: Buffer): LineReading {
  let event: unknown;
  try {
    event = JSON.parse(bytes.toString("utf8"));
  } catch {
    return DEAD;
  }
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return DEAD;
  }
  const kind = member(event, ["type"]);
  if (typeof kind !== "string") return DEAD;
  if (kind === "trip") return readTrip(event);
  if (kind !== "watermark") return { outcome: "undeclared" };
  const watermarkMs = readTime(member(event, ["watermark"]));
  return watermarkMs === undefined
    ? DEAD
    : { outcome: "watermark", watermarkMs };
}

/** Start and end (without the line feed) of every line, in bytes. */
export function lineBounds(bytes: Buffer): (readonly [number, number])[] {
  const bounds: [number, number][] = [];
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed;
    bounds.push([start, end]);
    start = end + 1;
  }
  return bounds;
}

/**
 * The taxi job once more, as plainly as it can be written: one record after
 * the other, exact fractions of big integers, no SQL and nothing shared with
 * the judge. It judges the judge on small inputs.
 *
 * @module
 */
import type { Document, Documents } from "./document.ts";

const BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz";
const WINDOW_MS = 600_000;

/** An exact fraction; `under` is above zero. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

/** The exact value of a finite double. */
function exact(value: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 2047n);
  const low = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? low : low | 0x10000000000000n;
  const power = (exponent === 0 ? 1 : exponent) - 1075;
  const signed = bits >> 63n === 1n ? -mantissa : mantissa;
  return power >= 0
    ? { over: signed << BigInt(power), under: 1n }
    : { over: signed, under: 1n << BigInt(-power) };
}

/** Row or column of `value` when `bits` halvings divide -half..half. */
function cellIndex(value: number, half: bigint, bits: number): bigint {
  const { over, under } = exact(value);
  const cells = 1n << BigInt(bits);
  // Never negative, so the division of big integers is the floor.
  const index = ((over + half * under) * cells) / (2n * half * under);
  return index >= cells ? cells - 1n : index;
}

/** Geohash by the book: bits alternate, longitude first. */
export function naiveGeohash(
  lat: number,
  lon: number,
  precision: number,
): string {
  const lonBits = Math.ceil((5 * precision) / 2);
  const latBits = Math.floor((5 * precision) / 2);
  const lonText = cellIndex(lon, 180n, lonBits)
    .toString(2)
    .padStart(lonBits, "0");
  const latText = cellIndex(lat, 90n, latBits)
    .toString(2)
    .padStart(latBits, "0");
  let bits = "";
  for (let i = 0; i < lonBits; i++) {
    bits += lonText[i] ?? "";
    bits += latText[i] ?? "";
  }
  let text = "";
  for (let i = 0; i < precision; i++) {
    text += BASE32[Number.parseInt(bits.slice(5 * i, 5 * i + 5), 2)];
  }
  return text;
}

interface Cell {
  readonly row: bigint;
  readonly column: bigint;
  readonly latBits: number;
  readonly lonBits: number;
}

function cellOf(text: string): Cell {
  let bits = "";
  for (const one of text) {
    bits += BASE32.indexOf(one).toString(2).padStart(5, "0");
  }
  const even = [...bits].filter((_, i) => i % 2 === 0).join("");
  const odd = [...bits].filter((_, i) => i % 2 === 1).join("");
  return {
    row: BigInt(`0b${odd}`),
    column: BigInt(`0b${even}`),
    latBits: odd.length,
    lonBits: even.length,
  };
}

/** Whether edge `index` of `2^bits` is at or below (-1..1 like a comparison). */
function compareWithEdge(
  [value, half]: readonly [number, bigint],
  index: bigint,
  bits: number,
): number {
  const { over, under } = exact(value);
  // value + half against index * 2 half / 2^bits
  const left = (over + half * under) << BigInt(bits);
  const right = index * 2n * half * under;
  return left < right ? -1 : left > right ? 1 : 0;
}

function inClosedCell(lat: number, lon: number, cell: Cell): boolean {
  const { row, column, latBits, lonBits } = cell;
  return (
    compareWithEdge([lat, 90n], row, latBits) >= 0 &&
    compareWithEdge([lat, 90n], row + 1n, latBits) <= 0 &&
    compareWithEdge([lon, 180n], column, lonBits) >= 0 &&
    compareWithEdge([lon, 180n], column + 1n, lonBits) <= 0
  );
}

function neighbours(cell: Cell): Cell[] {
  const cells: Cell[] = [];
  for (const dy of [-1n, 0n, 1n]) {
    for (const dx of [-1n, 0n, 1n]) {
      if (dy === 0n && dx === 0n) continue;
      cells.push({ ...cell, row: cell.row + dy, column: cell.column + dx });
    }
  }
  return cells;
}

type ZoneTest = (lat: number, lon: number) => boolean;

function zoneOfCells(
  centre: string,
  withCentre: boolean,
  more: readonly string[],
): ZoneTest {
  const cells = [...neighbours(cellOf(centre)), ...more.map(cellOf)];
  if (withCentre) cells.push(cellOf(centre));
  return (lat, lon) => cells.some((cell) => inClosedCell(lat, lon, cell));
}

function zoneOfBox(
  [south, north]: readonly [number, number],
  [west, east]: readonly [number, number],
): ZoneTest {
  return (lat, lon) =>
    south <= lat && lat <= north && west <= lon && lon <= east;
}

function zonesOf(preset: string): Record<"NYC" | "JFK" | "LGA", ZoneTest> {
  if (preset === "boxes") {
    return {
      NYC: zoneOfBox([40.56, 40.878], [-74.054, -73.722]),
      JFK: zoneOfBox([40.632, 40.654], [-73.8, -73.761]),
      LGA: zoneOfBox([40.766, 40.778], [-73.881, -73.859]),
    };
  }
  const centres = preset === "nyc";
  return {
    NYC: zoneOfCells("dr72", centres, []),
    JFK: zoneOfCells("dr5x0z", centres, []),
    LGA: zoneOfCells("dr5rzjx", centres, ["dr5ryy", "dr5rzn"]),
  };
}

/** A number, or a text that JSON itself takes for a bare number. */
function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") throw new TypeError("no number");
  if (!"-0123456789".includes(value.charAt(0)) || value === "") {
    throw new TypeError("no number");
  }
  if (!"0123456789".includes(value.charAt(value.length - 1))) {
    throw new TypeError("no number");
  }
  return Number(JSON.parse(value));
}

function takeDigits(text: string, from: number, count: number): number {
  const digits = text.slice(from, from + count);
  if (digits.length !== count) throw new TypeError("no time");
  for (const one of digits) {
    if (!"0123456789".includes(one)) throw new TypeError("no time");
  }
  return Number(digits);
}

function expectOne(text: string, at: number, allowed: string): void {
  const one = text.charAt(at);
  if (one === "" || !allowed.includes(one)) throw new TypeError("no time");
}

function below(value: number, limit: number): number {
  if (value >= limit) throw new TypeError("no time");
  return value;
}

/** Days from 0000-01-01 by counting months. */
function dayNumber(year: number, month: number, day: number): number {
  const leap = (y: number) => y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  const lengths = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31];
  lengths.push(30, 31);
  const length = lengths[month - 1];
  if (length === undefined || day < 1 || day > length) {
    throw new TypeError("no time");
  }
  const leaps =
    year === 0
      ? 0
      : Math.floor((year - 1) / 4) -
        Math.floor((year - 1) / 100) +
        Math.floor((year - 1) / 400) +
        1;
  const months = lengths.slice(0, month - 1).reduce((a, b) => a + b, 0);
  return year * 365 + leaps + months + day - 1;
}

/** Reads a time character by character. */
export function naiveTime(value: unknown): number {
  if (typeof value !== "string") throw new TypeError("no time");
  const text = value;
  const year = takeDigits(text, 0, 4);
  expectOne(text, 4, "-");
  const month = takeDigits(text, 5, 2);
  expectOne(text, 7, "-");
  const day = takeDigits(text, 8, 2);
  expectOne(text, 10, "T ");
  const hour = below(takeDigits(text, 11, 2), 24);
  expectOne(text, 13, ":");
  const minute = below(takeDigits(text, 14, 2), 60);
  let at = 16;
  let second = 0;
  let ms = 0;
  if (text.charAt(at) === ":") {
    second = below(takeDigits(text, at + 1, 2), 60);
    at += 3;
    if (text.charAt(at) === ".") {
      expectOne(text, at + 1, "0123456789");
      at += 1;
      for (let weight = 100; "0123456789".includes(text.charAt(at)); at++) {
        if (text.charAt(at) === "") break;
        ms += Number(text.charAt(at)) * Math.floor(weight);
        weight /= 10;
      }
    }
  }
  let offset = 0;
  if (at < text.length) {
    expectOne(text, at, "Z+-");
    const sign = text.charAt(at);
    at += 1;
    if (sign !== "Z") {
      expectOne(text, at + 2, ":");
      const hours = below(takeDigits(text, at, 2), 24);
      offset = hours * 60 + below(takeDigits(text, at + 3, 2), 60);
      if (sign === "-") offset = -offset;
      at += 5;
    }
  }
  if (at !== text.length) throw new TypeError("no time");
  const days = dayNumber(year, month, day) - dayNumber(1970, 1, 1);
  const minutes = days * 1_440 + hour * 60 + minute - offset;
  return minutes * 60_000 + second * 1_000 + ms;
}

interface Tally {
  count: number;
  minutes: number;
}

/** What {@linkcode naiveJob} finds. */
export interface NaiveResult {
  readonly documents: Documents;
  /** One a record, in the words of the judge. */
  readonly verdicts: readonly string[];
}

/** Runs the taxi job over records; state is a handful of maps. */
class NaiveJob {
  readonly verdicts: string[] = [];
  readonly #zones: Record<"NYC" | "JFK" | "LGA", ZoneTest>;
  readonly #tallies = new Map<string, Tally>();
  readonly #aheadMaxMs: number;
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(preset: string, startMs: number) {
    this.#zones = zonesOf(preset);
    this.#aheadMaxMs = startMs + 36_500 * 86_400_000;
  }

  add(record: Buffer): void {
    let verdict: string;
    try {
      verdict = this.#judge(JSON.parse(record.toString()));
    } catch {
      verdict = "dead";
    }
    this.verdicts.push(verdict);
  }

  #judge(event: unknown): string {
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      return "dead";
    }
    const fields = new Map<string, unknown>(Object.entries(event));
    const kind = fields.get("type");
    if (typeof kind !== "string") return "dead";
    if (kind === "watermark") return this.#watermark(fields.get("watermark"));
    if (kind !== "trip") return "filtered undeclared_kind";
    return this.#trip(fields);
  }

  #watermark(value: unknown): string {
    const ms = naiveTime(value);
    if (ms > this.#aheadMaxMs) return "watermark_refused";
    if (ms > this.#watermarkMs) this.#watermarkMs = ms;
    return "watermark_taken";
  }

  #trip(fields: ReadonlyMap<string, unknown>): string {
    const degrees = (short: string, long: string) =>
      asNumber(fields.get(fields.has(short) ? short : long));
    const pickup = {
      lat: degrees("pickup_lat", "pickup_latitude"),
      lon: degrees("pickup_lon", "pickup_longitude"),
    };
    const dropoff = {
      lat: degrees("dropoff_lat", "dropoff_latitude"),
      lon: degrees("dropoff_lon", "dropoff_longitude"),
    };
    const pickupMs = naiveTime(fields.get("pickup_datetime"));
    const dropoffMs = naiveTime(fields.get("dropoff_datetime"));
    for (const [name, { lat, lon }] of Object.entries({ pickup, dropoff })) {
      if (lat < -90 || lat > 90) return `filtered ${name}_latitude_range`;
      if (lon < -180 || lon > 180) return `filtered ${name}_longitude_range`;
    }
    for (const [name, { lat, lon }] of Object.entries({ pickup, dropoff })) {
      if (!this.#zones.NYC(lat, lon)) return `filtered ${name}_outside_city`;
    }
    const startMs = Math.floor(dropoffMs / WINDOW_MS) * WINDOW_MS;
    const lastMs = startMs + WINDOW_MS - 1;
    if (this.#watermarkMs >= lastMs) return "late";
    const location = naiveGeohash(pickup.lat, pickup.lon, 6);
    const minutes = Math.trunc((dropoffMs - pickupMs) / 60_000);
    this.#tally(`pickup_count|${lastMs}|${location}`, minutes);
    const { JFK, LGA } = this.#zones;
    const airport = JFK(dropoff.lat, dropoff.lon)
      ? "JFK"
      : LGA(dropoff.lat, dropoff.lon)
        ? "LGA"
        : null;
    if (airport !== null) {
      this.#tally(`trip_duration|${lastMs}|${location}|${airport}`, minutes);
    }
    return "tallied";
  }

  #tally(id: string, minutes: number): void {
    const tally = this.#tallies.get(id) ?? { count: 0, minutes: 0 };
    tally.count += 1;
    tally.minutes += minutes;
    this.#tallies.set(id, tally);
  }

  documents(): Documents {
    const documents = new Map<string, Document>();
    for (const [_id, { count, minutes }] of this.#tallies) {
      if (count < 2) continue;
      const [query = "", stamp, location = "", airport] = _id.split("|");
      const start = { _id, query, timestamp: Number(stamp), location };
      documents.set(
        _id,
        airport === undefined
          ? { ...start, pickup_count: count }
          : {
              ...start,
              airport_code: airport,
              sum_trip_duration: minutes,
              avg_trip_duration: minutes / count,
            },
      );
    }
    return documents;
  }
}

/**
 * Runs the taxi job over records in their order.
 *
 * @param records What one file or shard holds.
 * @param options The zone preset, and the start of the run for watermarks too
 *   far ahead.
 */
export function naiveJob(
  records: Iterable<Buffer>,
  options: { readonly zones: string; readonly startMs: number },
): NaiveResult {
  const job = new NaiveJob(options.zones, options.startMs);
  for (const record of records) job.add(record);
  return { documents: job.documents(), verdicts: job.verdicts };
}

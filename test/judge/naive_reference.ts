/**
 * The taxi job once more, as plainly as it can be written: one record after
 * the other, exact fractions of big integers, no SQL and nothing shared with
 * the judge. It judges the judge on small inputs.
 *
 * @module
 */
import type { Document, Documents } from "./document.ts";
import { naiveNumber, naiveTime } from "./naive_fields.ts";
import { naiveGeohash, naiveZones, type ZoneTest } from "./naive_geo.ts";

const WINDOW_MS = 600_000;

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
    this.#zones = naiveZones(preset);
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
      naiveNumber(fields.get(fields.has(short) ? short : long));
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

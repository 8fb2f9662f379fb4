/**
 * The plain twin of the tally kernels: objects, strings and Maps, straight
 * from the JobSpec.
 */
import {
  boundsOf,
  cellOf,
  geohashOf,
  parseGeohash,
} from "../../../engine/geo/geohash.ts";
import type { JobSpec, QuerySpec } from "../../../engine/job/spec.ts";

/** An event: field values by name, and the watermark that holds before it. */
export interface PlainEvent {
  readonly values: Readonly<Record<string, number>>;
  readonly watermarkMs: number;
  /** When it is not the field that the spec names. */
  readonly timeMs?: number;
}

/** What became of some events. */
export interface PlainResult {
  /** `query|windowStart|key…` to count and the measures' inputs. */
  readonly tallies: Map<string, { count: number; values: number[] }>;
  tallied: number;
  late: number;
  noQuery: number;
  readonly filtered: Map<string, number>;
}

function inZone(
  spec: JobSpec,
  name: string,
  [lat, lon]: readonly [number, number],
): boolean {
  const zone = spec.zones[name];
  if (zone === undefined) throw new RangeError(name);
  const boxes =
    "cells" in zone
      ? zone.cells.map((cell) => boundsOf(parseGeohash(cell)))
      : zone.boxes;
  return boxes.some(
    (b) =>
      lat >= b.southDeg &&
      lat <= b.northDeg &&
      lon >= b.westDeg &&
      lon <= b.eastDeg,
  );
}

/** Tallies events of one kind. */
export function plainTally(
  spec: JobSpec,
  kind: string,
  events: readonly PlainEvent[],
): PlainResult {
  const result: PlainResult = {
    tallies: new Map(),
    tallied: 0,
    late: 0,
    noQuery: 0,
    filtered: new Map(),
  };
  const event = spec.events[kind];
  if (event === undefined) throw new RangeError(kind);
  const point = (values: PlainEvent["values"], name: string) => {
    const { latitude, longitude } = event.points[name] as {
      latitude: string;
      longitude: string;
    };
    return [values[latitude] as number, values[longitude] as number] as const;
  };
  const keyOf = (query: QuerySpec, values: PlainEvent["values"]) => {
    const parts: string[] = [];
    for (const part of query.key) {
      if ("inZones" in part) {
        const at = point(values, part.zoneOf);
        const zone = part.inZones.find((one) => inZone(spec, one, at));
        if (zone === undefined) return undefined;
        parts.push(zone);
      } else {
        const [lat, lon] = point(values, part.geohash);
        if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return undefined;
        parts.push(geohashOf(cellOf(lat, lon, part.precision)));
      }
    }
    return parts.join("|");
  };
  for (const { values, watermarkMs, timeMs: givenMs } of events) {
    const failed = event.filters.find((filter) => {
      if ("field" in filter) {
        const value = values[filter.field] as number;
        return !(value >= filter.min && value <= filter.max);
      }
      return !inZone(spec, filter.inZone, point(values, filter.point));
    });
    if (failed !== undefined) {
      const count = result.filtered.get(failed.name) ?? 0;
      result.filtered.set(failed.name, count + 1);
      continue;
    }
    let tallied = false;
    let late = false;
    for (const query of spec.queries.filter((one) => one.event === kind)) {
      const key = keyOf(query, values);
      if (key === undefined) continue;
      const timeMs = givenMs ?? (values[event.eventTime] as number);
      const startMs = Math.floor(timeMs / query.windowMs) * query.windowMs;
      const lastMs = startMs + query.windowMs - 1 + spec.allowedLatenessMs;
      if (watermarkMs >= lastMs) {
        late = true;
        continue;
      }
      tallied = true;
      const id = `${query.name}|${startMs}|${key}`;
      const entry = result.tallies.get(id) ?? { count: 0, values: [] };
      entry.count++;
      for (const measure of query.measures) {
        if (!("sum" in measure) || !("minutesFrom" in measure.sum)) continue;
        const { minutesFrom, minutesTo } = measure.sum;
        const ms =
          (values[minutesTo] as number) - (values[minutesFrom] as number);
        entry.values[0] = (entry.values[0] ?? 0) + Math.trunc(ms / 60_000);
      }
      result.tallies.set(id, entry);
    }
    if (tallied) result.tallied++;
    else if (late) result.late++;
    else result.noQuery++;
  }
  return result;
}

/**
 * Turns a checked JobSpec into what coordinator, workers and sinks execute:
 * names become slots, keys become bits in two 32-bit words, measures become
 * accumulators.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { FlagdropError } from "../errors.ts";
import { hashedText } from "./job_hash.ts";
import type {
  EventSpec,
  JobSpec,
  PayloadSpec,
  QuerySpec,
  ZoneSpec,
} from "./spec.ts";
import type { DedupePlan, WatermarkPlan } from "./time_plan.ts";

/** Where some bits of a key part lie: `(words[word] >>> shift) & (2^bits - 1)`. */
export interface KeyBits {
  readonly word: 0 | 1;
  readonly shift: number;
  readonly bits: number;
}

/** A key part that is the geohash of a point. */
export interface GeohashPartPlan {
  readonly type: "geohash";
  readonly as: string;
  readonly precision: number;
  /** Slots of latitude and longitude. */
  readonly latitudeSlot: number;
  readonly longitudeSlot: number;
  /** One entry up to precision 6, else two: first six characters, the rest. */
  readonly bits: readonly KeyBits[];
}

/** A key part that is the first zone holding a point, by index into `zones`. */
export interface ZonePartPlan {
  readonly type: "zone";
  readonly as: string;
  readonly zones: readonly string[];
  readonly latitudeSlot: number;
  readonly longitudeSlot: number;
  readonly bits: readonly KeyBits[];
}

/** One part of a query's key. */
export type KeyPartPlan = GeohashPartPlan | ZonePartPlan;

/** A number of each event. */
export type ValuePlan =
  | { readonly type: "field"; readonly slot: number }
  | {
      readonly type: "minutes";
      readonly fromSlot: number;
      readonly toSlot: number;
    };

/** What a query keeps for each key besides the count. */
export interface AccumulatorPlan {
  readonly op: "sum" | "min" | "max";
  readonly value: ValuePlan;
}

/** An output of a document, computed from the count and an accumulator. */
export type MeasurePlan =
  | { readonly as: string; readonly type: "count" }
  | {
      readonly as: string;
      readonly type: "sum" | "avg" | "min" | "max";
      readonly accumulator: number;
    };

/** One query, ready to run. */
export interface QueryPlan {
  readonly index: number;
  readonly name: string;
  /** Index into {@linkcode JobPlan.events}. */
  readonly eventIndex: number;
  readonly windowMs: number;
  readonly leastCount: number;
  readonly key: readonly KeyPartPlan[];
  readonly accumulators: readonly AccumulatorPlan[];
  readonly measures: readonly MeasurePlan[];
}

/** A field of an event: the slot its value goes to. */
export interface FieldPlan {
  readonly slot: number;
  readonly type: "number" | "time";
  /** Spellings; the first that is present wins. */
  readonly from: readonly string[];
}

/** A filter of an event; `reason` indexes {@linkcode JobPlan.filterReasons}. */
export type FilterPlan =
  | {
      readonly type: "range";
      readonly reason: number;
      readonly slot: number;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly type: "zone";
      readonly reason: number;
      readonly latitudeSlot: number;
      readonly longitudeSlot: number;
      readonly zone: string;
    };

/** One kind of event. */
export interface EventPlan {
  readonly kind: string;
  readonly fields: readonly FieldPlan[];
  readonly eventTimeSlot: number;
  readonly filters: readonly FilterPlan[];
}

/** A whole job, ready to run. Plain data: it is sent to the workers as it is. */
export interface JobPlan {
  readonly name: string;
  /** SHA-256 of the spec's text, in hex; see `job_hash.ts`. */
  readonly hash: string;
  readonly kindField: string;
  readonly watermark: WatermarkPlan;
  /** How long a fired window is kept, in event time. */
  readonly allowedLatenessMs: number;
  /** Null when duplicates are events like others. */
  readonly dedupe: DedupePlan | null;
  /** What a record's bytes are. */
  readonly payload: PayloadSpec;
  readonly events: readonly EventPlan[];
  readonly zones: Readonly<Record<string, ZoneSpec>>;
  readonly queries: readonly QueryPlan[];
  /** Why events are filtered out: ours as below, then the filters' names. */
  readonly filterReasons: readonly string[];
}

/** Filter reason of an event whose kind the job doesn't declare. */
export const UNDECLARED_KIND = 0;
/** Filter reason of an event that has no key in any query. */
export const NO_QUERY = 1;
/** Filter reason of a watermark event when watermarks come from elsewhere. */
export const WATERMARK_IGNORED = 2;
/** Filter reason of an event that was read before; see `dedupe`. */
export const DUPLICATE = 3;

const OWN_REASONS: readonly string[] = [
  "undeclared_kind",
  "no_query",
  "watermark_ignored",
  "duplicate",
];

/** Bits of a geohash that go into one piece of a key: six characters. */
const PIECE_BITS = 30;

interface Slots {
  readonly spec: EventSpec;
  slot(field: string): number;
  point(name: string): { latitudeSlot: number; longitudeSlot: number };
}

function slotsOf(spec: EventSpec): Slots {
  const names = Object.keys(spec.fields);
  const slot = (field: string) => {
    const index = names.indexOf(field);
    if (index < 0) throw new RangeError(`Cannot find field "${field}"`);
    return index;
  };
  return {
    spec,
    slot,
    point(name) {
      const point = spec.points[name];
      if (!point) throw new RangeError(`Cannot find point "${name}"`);
      return {
        latitudeSlot: slot(point.latitude),
        longitudeSlot: slot(point.longitude),
      };
    },
  };
}

function planEvent(
  kind: string,
  { spec, slot, point }: Slots,
  reasons: string[],
): EventPlan {
  return {
    kind,
    fields: Object.values(spec.fields).map(({ type, from }, index) => ({
      slot: index,
      type,
      from,
    })),
    eventTimeSlot: slot(spec.eventTime),
    filters: spec.filters.map((one) => {
      let reason = reasons.indexOf(one.name);
      if (reason < 0) reason = reasons.push(one.name) - 1;
      return "field" in one
        ? {
            type: "range",
            reason,
            slot: slot(one.field),
            min: one.min,
            max: one.max,
          }
        : { type: "zone", reason, ...point(one.point), zone: one.inZone };
    }),
  };
}

/** Number of bits that hold the numbers 0 to `max`. */
function bitsFor(max: number): number {
  return max === 0 ? 1 : 32 - Math.clz32(max);
}

/** Deals the key's pieces to two words of 32 bits. */
function keyLayout(queryName: string): (bits: number) => KeyBits {
  const used: [number, number] = [0, 0];
  return (bits) => {
    for (const word of [0, 1] as const) {
      if (used[word] + bits > 32) continue;
      const shift = used[word];
      used[word] += bits;
      return { word, shift, bits };
    }
    throw new FlagdropError(
      "FD_JOB",
      `Cannot use job: the key of query "${queryName}" needs more than 64 bits: use a lower precision or fewer parts`,
      { domain: "user" },
    );
  };
}

function planKey(query: QuerySpec, slots: Slots): KeyPartPlan[] {
  const take = keyLayout(query.name);
  return query.key.map((part): KeyPartPlan => {
    if ("inZones" in part) {
      return {
        type: "zone",
        as: part.as,
        zones: part.inZones,
        ...slots.point(part.zoneOf),
        bits: [take(bitsFor(part.inZones.length - 1))],
      };
    }
    const total = part.precision * 5;
    const bits = [take(Math.min(total, PIECE_BITS))];
    if (total > PIECE_BITS) bits.push(take(total - PIECE_BITS));
    return {
      type: "geohash",
      as: part.as,
      precision: part.precision,
      ...slots.point(part.geohash),
      bits,
    };
  });
}

function planValue(
  value: { field: string } | { minutesFrom: string; minutesTo: string },
  slots: Slots,
): ValuePlan {
  return "field" in value
    ? { type: "field", slot: slots.slot(value.field) }
    : {
        type: "minutes",
        fromSlot: slots.slot(value.minutesFrom),
        toSlot: slots.slot(value.minutesTo),
      };
}

function planMeasures(
  query: QuerySpec,
  slots: Slots,
): Pick<QueryPlan, "accumulators" | "measures"> {
  const accumulators: AccumulatorPlan[] = [];
  const take = (op: AccumulatorPlan["op"], value: ValuePlan) => {
    const same = JSON.stringify({ op, value });
    const index = accumulators.findIndex((a) => JSON.stringify(a) === same);
    return index >= 0 ? index : accumulators.push({ op, value }) - 1;
  };
  const measures = query.measures.map((measure): MeasurePlan => {
    const { as } = measure;
    if ("count" in measure) return { as, type: "count" };
    const [type, value] =
      "sum" in measure
        ? (["sum", measure.sum] as const)
        : "avg" in measure
          ? (["avg", measure.avg] as const)
          : "min" in measure
            ? (["min", measure.min] as const)
            : (["max", measure.max] as const);
    const op = type === "avg" ? "sum" : type;
    return { as, type, accumulator: take(op, planValue(value, slots)) };
  });
  return { accumulators, measures };
}

/**
 * Plans a job.
 *
 * @param spec A spec from `parseJobSpec`.
 * @returns The plan: plain data, the same for the same spec.
 * @throws {FlagdropError} `FD_JOB` when a key needs more than 64 bits.
 */
export function planJob(spec: JobSpec): JobPlan {
  const filterReasons = [...OWN_REASONS];
  const kinds = Object.keys(spec.events);
  const slots = new Map(
    Object.entries(spec.events).map(([kind, event]) => [kind, slotsOf(event)]),
  );
  const slotsFor = (kind: string): Slots => {
    const found = slots.get(kind);
    if (!found) throw new RangeError(`Cannot find event "${kind}"`);
    return found;
  };
  return {
    name: spec.name,
    hash: createHash("sha256").update(hashedText(spec)).digest("hex"),
    kindField: spec.kindField,
    watermark: { ...spec.watermark, boundMs: spec.watermark.boundMs ?? 0 },
    allowedLatenessMs: spec.allowedLatenessMs,
    dedupe: spec.dedupe,
    payload: spec.payload,
    events: kinds.map((kind) => planEvent(kind, slotsFor(kind), filterReasons)),
    zones: spec.zones,
    queries: spec.queries.map((query, index) => ({
      index,
      name: query.name,
      eventIndex: kinds.indexOf(query.event),
      windowMs: query.windowMs,
      leastCount: query.leastCount,
      key: planKey(query, slotsFor(query.event)),
      ...planMeasures(query, slotsFor(query.event)),
    })),
    filterReasons,
  };
}

/**
 * Endless events of any job, made from its spec alone: kinds, times and places
 * as it reads them, numbers within what its filters let through. They try a job
 * out; their figures mean nothing. (Taxi trips have New York's real shape, see
 * `generator.ts`.)
 *
 * @module
 */
import type { EventSpec, JobSpec } from "../job/spec.ts";
import { ArrivalTimes } from "./arrival_times.ts";
import { NEW_YORK } from "./city_figures.ts";
import type { EventChunk, EventSource, SourceStart } from "./event_chunk.ts";
import {
  type GeneratorIdentity,
  generatedPosition,
  readGenerated,
} from "./generated_chunks.ts";
import { GENERATOR_START_MS } from "./generator.ts";
import { boxesFor, type DrawnPlace, JobPlaces, rangeOf } from "./job_places.ts";
import {
  EVENTS_PER_WINDOW,
  GENERATOR_CHUNK_EVENTS,
  SPAN_MEAN_MS,
} from "./limits.ts";
import { Random } from "./random.ts";

/** Options for {@linkcode JobGenerator}. */
export interface JobGeneratorOptions {
  readonly spec: JobSpec;
  /** The same seed gives the same bytes. @default {1} */
  readonly seed?: number;
  /** Event time at which it begins, epoch ms. @default 2016-01-01T00:00:00Z */
  readonly startMs?: number;
}

/** What the event under way is made of. */
interface Draft {
  readonly timeMs: number;
  readonly random: Random;
  /** Places by point. */
  readonly places: ReadonlyMap<string, DrawnPlace>;
}

/** Makes the value of one member. */
type MakeMember = readonly [
  member: string,
  value: (draft: Draft) => string | number,
];

function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random.unit()) * mean;
}

/** Whether a time is after the event time: the end of what begins with it. */
function isAfter(spec: JobSpec, kind: string, field: string): boolean {
  const eventTime = spec.events[kind]?.eventTime;
  return spec.queries.some(
    ({ event, measures }) =>
      event === kind &&
      measures.some((measure) =>
        Object.values(measure).some(
          (value) =>
            typeof value === "object" &&
            "minutesTo" in value &&
            value.minutesTo === field &&
            value.minutesFrom === eventTime,
        ),
      ),
  );
}

/** A number that grows outwards, in the lower part of what may be. */
function numberMaker(event: EventSpec, field: string): MakeMember[1] {
  const { min, max } = rangeOf(event, field);
  const low = Number.isFinite(min) ? min : Number.isFinite(max) ? max - 100 : 0;
  const span = (Number.isFinite(max) ? max : low + 100) - low;
  return ({ random, places }) => {
    const [place] = places.values();
    const outwards = place?.outwards ?? random.unit();
    const share = 0.03 + 0.18 * outwards + 0.06 * random.unit();
    return Math.round((low + span * share) * 10) / 10;
  };
}

/** The members of a kind of event that the job reads. */
function memberMakers(
  spec: JobSpec,
  kind: string,
  event: EventSpec,
): MakeMember[] {
  const points = Object.entries(event.points);
  return Object.entries(event.fields).map(([name, { type, from }]) => {
    const member = from[0] ?? name;
    if (name === event.eventTime) {
      return [member, ({ timeMs }) => new Date(timeMs).toISOString()];
    }
    if (type === "time") {
      const sign = isAfter(spec, kind, name) ? 1 : -1;
      return [
        member,
        ({ timeMs, random }) => {
          const spanMs = 60_000 + exponential(random, SPAN_MEAN_MS);
          return new Date(timeMs + sign * Math.round(spanMs)).toISOString();
        },
      ];
    }
    for (const [point, { latitude, longitude }] of points) {
      const degrees = (key: "latitudeDeg" | "longitudeDeg"): MakeMember => [
        member,
        ({ places }) => Number((places.get(point)?.[key] ?? 0).toFixed(6)),
      ];
      if (name === latitude) return degrees("latitudeDeg");
      if (name === longitude) return degrees("longitudeDeg");
    }
    return [member, numberMaker(event, name)];
  });
}

/** Makes events of one kind. */
class KindMaker {
  readonly #head: Readonly<Record<string, string>>;
  readonly #idMember: string;
  readonly #members: readonly MakeMember[];
  readonly #places: readonly (readonly [string, JobPlaces])[];
  readonly #random: Random;

  constructor(
    spec: JobSpec,
    [kind, event]: readonly [string, EventSpec],
    random: Random,
  ) {
    this.#head = { [spec.kindField]: kind };
    this.#idMember = spec.dedupe?.field ?? "id";
    this.#members = memberMakers(spec, kind, event);
    this.#random = random;
    this.#places = Object.keys(event.points).map((point) => [
      point,
      new JobPlaces(boxesFor(spec, event, point), random),
    ]);
  }

  line(id: number, timeMs: number): string {
    const places = new Map(
      this.#places.map(([point, found]) => [point, found.draw()]),
    );
    const draft: Draft = { timeMs, random: this.#random, places };
    const event: Record<string, string | number> = {
      ...this.#head,
      [this.#idMember]: id,
    };
    for (const [member, value] of this.#members) event[member] = value(draft);
    return `${JSON.stringify(event)}\n`;
  }
}

/** The shortest of a job's windows, ms: how finely it looks at event time. */
export function shortestWindowMs({ queries }: JobSpec): number {
  return Math.min(...queries.map(({ windowMs }) => windowMs));
}

/** The generator: in the order of time, never at an end. */
export class JobGenerator implements EventSource {
  readonly name = "generator";
  readonly isOrdered = true;
  readonly isRepeatable = true;
  readonly progress = { readBytes: 0, totalBytes: undefined } as const;
  readonly counts = { unparsable: 0, watermarks: 0 } as const;
  readonly #options: JobGeneratorOptions;
  readonly #version: string;
  readonly #random: Random;
  readonly #arrivals: ArrivalTimes;
  readonly #makers: readonly KindMaker[];
  #made = 0;

  constructor(options: JobGeneratorOptions) {
    const { spec, seed = 1, startMs = GENERATOR_START_MS } = options;
    this.#options = options;
    this.#version = `job ${spec.name}, seed ${seed} from ${startMs}`;
    const random = new Random(seed);
    this.#random = random;
    this.#arrivals = new ArrivalTimes(random, {
      startS: Math.floor(startMs / 1_000),
      meanPerSecond: (EVENTS_PER_WINDOW * 1_000) / shortestWindowMs(spec),
      hourOfWeekRates: NEW_YORK.hourOfWeekRates,
    });
    this.#makers = Object.entries(spec.events).map(
      (event) => new KindMaker(spec, event, random),
    );
  }

  /**
   * Makes the next events. How many at once makes no difference to them.
   *
   * @param count Events to make.
   */
  next(count: number = GENERATOR_CHUNK_EVENTS): EventChunk {
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    const timesMs = new Float64Array(count);
    const position = generatedPosition(this.#identity(), this.#made);
    const lines: string[] = [];
    let end = 0;
    for (let i = 0; i < count; i++) {
      const timeMs = this.#arrivals.next() * 1_000;
      const kind = Math.floor(this.#random.unit() * this.#makers.length);
      const line = this.#makers[kind]?.line(this.#made++, timeMs) ?? "";
      lines.push(line);
      starts[i] = end;
      end += Buffer.byteLength(line);
      ends[i] = end;
      timesMs[i] = timeMs;
    }
    const bytes = Buffer.from(lines.join(""));
    return { bytes, count, starts, ends, timesMs, position };
  }

  /** The events from the first one on, whatever `next` has made. */
  async *read(start: SourceStart = {}): AsyncGenerator<EventChunk, void> {
    yield* readGenerated(
      new JobGenerator(this.#options),
      start,
      this.#identity(),
    );
  }

  #identity(): GeneratorIdentity {
    return { name: this.name, version: this.#version };
  }
}

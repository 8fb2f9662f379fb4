/**
 * What a replay must know of a job: how its events name their kind and their
 * time, and what its watermark events look like.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import type { JobSpec } from "../job/spec.ts";

/** The form of a job's events. */
export interface JobForm {
  /** The member that names an event's kind. */
  readonly kindField: string;
  /** Kind and member of watermark events. */
  readonly watermark: { readonly kind: string; readonly field: string };
  /** Whether the job reads watermark events. */
  readonly isPunctuated: boolean;
  /** Members of the event time by kind; the first that is present counts. */
  readonly timeFields: ReadonlyMap<string, readonly string[]>;
  /** All of them, for events of kinds that the job doesn't declare. */
  readonly allTimeFields: readonly string[];
  /** Members that are times, the event time's too. */
  readonly timeMembers: ReadonlySet<string>;
  /** What the event time is called in lines that people read. */
  readonly timeName: string;
}

const DROPOFF = "dropoff_datetime";

/** The form of taxi trips. */
export const TAXI_FORM: JobForm = {
  kindField: "type",
  watermark: { kind: "watermark", field: "watermark" },
  isPunctuated: true,
  timeFields: new Map(),
  allTimeFields: [DROPOFF],
  timeMembers: new Set(),
  timeName: "drop-off",
};

/**
 * The form of a job's events.
 *
 * @throws {FlagdropError} `FD_OPTION` when the job wants its records packed,
 * which a replay doesn't.
 */
export function jobForm(spec: JobSpec): JobForm {
  const { kindField, watermark, payload, events } = spec;
  if (payload.compression === "gzip" || payload.compression === "zstd") {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot replay for job "${spec.name}" as its records are packed by ${payload.compression}: a replay sends plain ones, so write "detect" into its payload`,
      { domain: "user" },
    );
  }
  const kinds = Object.entries(events);
  const timeFields = new Map(
    kinds.map(([kind, { fields, eventTime }]) => [
      kind,
      fields[eventTime]?.from ?? [],
    ]),
  );
  const times = kinds
    .flatMap(([, { fields }]) => Object.values(fields))
    .filter(({ type }) => type === "time");
  return {
    kindField,
    watermark: { kind: watermark.kind, field: watermark.field },
    isPunctuated: watermark.strategy === "punctuated",
    timeFields,
    allTimeFields: [...new Set([...timeFields.values()].flat())],
    timeMembers: new Set(times.flatMap(({ from }) => from)),
    timeName: "event time",
  };
}

/** The only kind of a job with one; what a table's rows are. */
export function onlyKind({ timeFields }: JobForm): string | undefined {
  const [kind, ...others] = timeFields.keys();
  return others.length === 0 ? kind : undefined;
}

/** A watermark event, with a line feed. */
export function watermarkLine(
  { kindField, watermark: { kind, field } }: JobForm,
  valueMs: number,
): string {
  const event = { [kindField]: kind, [field]: new Date(valueMs).toISOString() };
  return `${JSON.stringify(event)}\n`;
}

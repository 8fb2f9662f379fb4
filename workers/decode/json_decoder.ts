/**
 * The decoder by definition: `JSON.parse`, then the fields.
 *
 * @module
 */
import type { EventPlan, FieldPlan, JobPlan } from "../../engine/job/plan.ts";
import { parseTimeMs } from "../../engine/job/time.ts";
import {
  DEAD,
  type DeadReason,
  type Decoder,
  UNDECLARED,
  WATERMARK,
} from "./decoder.ts";
import { EventColumns } from "./event_columns.ts";

/** A number as JSON writes it; strings that match are taken as numbers. */
const JSON_NUMBER_REGEXP = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A number or a time in epoch ms; NaN when malformed. */
function readValue(value: unknown, type: FieldPlan["type"]): number {
  if (type === "time") {
    return typeof value === "string" ? parseTimeMs(value) : Number.NaN;
  }
  if (typeof value === "number") return value;
  return typeof value === "string" && JSON_NUMBER_REGEXP.test(value)
    ? Number(value)
    : Number.NaN;
}

/** Decodes by `JSON.parse`; every other decoder must agree with it. */
export class JsonDecoder implements Decoder {
  readonly events: readonly EventColumns[];
  watermarkMs = Number.NaN;
  reason: DeadReason = "not_json";
  readonly runKind = UNDECLARED;
  readonly #plan: JobPlan;
  readonly #kinds: ReadonlyMap<string, number>;

  /**
   * @param plan The job.
   * @param events Where the rows go.
   */
  constructor(
    plan: JobPlan,
    events: readonly EventColumns[] = plan.events.map(({ fields }) =>
      EventColumns.of(fields.length),
    ),
  ) {
    this.#plan = plan;
    this.#kinds = new Map(plan.events.map(({ kind }, index) => [kind, index]));
    this.events = events;
  }

  decode(bytes: Buffer, start: number, end: number): number {
    let value: unknown;
    try {
      // Not TextDecoder, which would drop a byte order mark.
      value = JSON.parse(bytes.toString("utf8", start, end));
    } catch {
      return this.#dead("not_json");
    }
    if (!isObject(value)) return this.#dead("not_an_object");
    const kind = Object.hasOwn(value, this.#plan.kindField)
      ? value[this.#plan.kindField]
      : undefined;
    if (typeof kind !== "string") return this.#dead("no_kind");
    if (kind === this.#plan.watermark.kind) return this.#watermark(value);
    const index = this.#kinds.get(kind);
    const event = index === undefined ? undefined : this.#plan.events[index];
    if (index === undefined || event === undefined) return UNDECLARED;
    return this.#fields(value, event, index);
  }

  begin(): void {}

  decodeRun(): number {
    return 0;
  }

  #dead(reason: DeadReason): number {
    this.reason = reason;
    return DEAD;
  }

  #watermark(value: JsonObject): number {
    const { field } = this.#plan.watermark;
    this.watermarkMs = Object.hasOwn(value, field)
      ? readValue(value[field], "time")
      : Number.NaN;
    return Number.isNaN(this.watermarkMs)
      ? this.#dead("bad_watermark")
      : WATERMARK;
  }

  #fields(value: JsonObject, event: EventPlan, index: number): number {
    const batch = this.events[index];
    if (batch === undefined) return UNDECLARED;
    for (const { slot, type, from } of event.fields) {
      const name = from.find((one) => Object.hasOwn(value, one));
      const read =
        name === undefined ? Number.NaN : readValue(value[name], type);
      const column = batch.columns[slot];
      if (Number.isNaN(read) || column === undefined) {
        return this.#dead("bad_field");
      }
      column[batch.count] = read;
    }
    return index;
  }
}

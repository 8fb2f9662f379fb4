/**
 * Events out of JSON texts, which go as they are.
 *
 * @module
 */

import type { JobForm } from "../job_form.ts";
import type { EventReader, ReadEvent } from "./event_reader.ts";
import type { Timestamps } from "./timestamps.ts";

const WATERMARK: ReadEvent = { kind: "watermark" };
const NOT_JSON: ReadEvent = { kind: "unparsable", reason: "not_json" };
const NO_OBJECT: ReadEvent = { kind: "unparsable", reason: "no_object" };

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A field by its name, and as a path. */
interface TimeField {
  readonly name: string;
  readonly path: readonly string[];
}

function timeField(name: string): TimeField {
  return { name, path: name.split(".") };
}

/** The first that is present; one of that very name goes before a path. */
function timeOf(event: Json, fields: readonly TimeField[]): unknown {
  for (const { name, path } of fields) {
    const direct = event[name];
    if (direct !== undefined) return direct;
    if (path.length === 1) continue;
    let value: unknown = event;
    for (const part of path) value = isObject(value) ? value[part] : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Options for {@linkcode JsonEventReader}. */
export interface JsonEventReaderOptions {
  /**
   * The event time's field; `a.b.c` for one inside others.
   *
   * @default {the form's}
   */
  readonly field: string | undefined;
  readonly form: JobForm;
  readonly timestamps: Timestamps;
}

/** The reader. */
export class JsonEventReader implements EventReader {
  readonly #form: JobForm;
  readonly #fields: readonly TimeField[];
  readonly #byKind: ReadonlyMap<string, readonly TimeField[]>;
  readonly #timestamps: Timestamps;
  readonly #noTime: ReadEvent;

  constructor({ field, form, timestamps }: JsonEventReaderOptions) {
    this.#form = form;
    const all = field === undefined ? form.allTimeFields : [field];
    this.#fields = all.map(timeField);
    this.#byKind =
      field === undefined
        ? new Map(
            [...form.timeFields].map(([kind, names]) => [
              kind,
              names.map(timeField),
            ]),
          )
        : new Map();
    this.#timestamps = timestamps;
    const detail = `no event time in ${all.join(", ")}`;
    this.#noTime = { kind: "unparsable", reason: "no_time", detail };
  }

  read(text: string): ReadEvent {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return NOT_JSON;
    }
    if (!isObject(value)) return NO_OBJECT;
    const kind = value[this.#form.kindField];
    if (kind === this.#form.watermark.kind) return WATERMARK;
    const own = typeof kind === "string" ? this.#byKind.get(kind) : undefined;
    const time = timeOf(value, own ?? this.#fields);
    const timeMs = this.#timestamps.readMs(time);
    return Number.isNaN(timeMs) ? this.#noTime : { kind: "event", timeMs };
  }
}

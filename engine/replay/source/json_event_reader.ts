/**
 * Events out of JSON texts, which go as they are.
 *
 * @module
 */
import type { EventReader, ReadEvent } from "./event_reader.ts";
import type { Timestamps } from "./timestamps.ts";

const WATERMARK: ReadEvent = { kind: "watermark" };
const NOT_JSON: ReadEvent = { kind: "unparsable", reason: "not_json" };
const NO_OBJECT: ReadEvent = { kind: "unparsable", reason: "no_object" };

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Options for {@linkcode JsonEventReader}. */
export interface JsonEventReaderOptions {
  /** The event time's field; `a.b.c` for one inside others. */
  readonly field: string;
  readonly timestamps: Timestamps;
}

/** The reader. */
export class JsonEventReader implements EventReader {
  readonly #field: string;
  readonly #path: readonly string[];
  readonly #timestamps: Timestamps;
  readonly #noTime: ReadEvent;

  constructor({ field, timestamps }: JsonEventReaderOptions) {
    this.#field = field;
    this.#path = field.split(".");
    this.#timestamps = timestamps;
    const detail = `no event time in ${field}`;
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
    if (value["type"] === "watermark") return WATERMARK;
    const timeMs = this.#timestamps.readMs(this.#timeOf(value));
    return Number.isNaN(timeMs) ? this.#noTime : { kind: "event", timeMs };
  }

  /** The field of that very name goes before a path. */
  #timeOf(event: Json): unknown {
    const direct = event[this.#field];
    if (direct !== undefined || this.#path.length === 1) return direct;
    let value: unknown = event;
    for (const name of this.#path) {
      if (!isObject(value)) return undefined;
      value = value[name];
    }
    return value;
  }
}

/**
 * The source over files that a command names.
 *
 * @module
 */
import type { DeadLetterSink } from "../sink/sink.ts";
import type { EventSource } from "./event_chunk.ts";
import type { FileFormat } from "./file_format.ts";
import { type JobForm, TAXI_FORM } from "./job_form.ts";
import type { Inputs } from "./source/input_part.ts";
import { InputSource } from "./source/input_source.ts";
import { type TimestampOptions, Timestamps } from "./source/timestamps.ts";
import type { ZoneTable } from "./source/zone_table.ts";

/** Options for {@linkcode openSource}. */
export interface OpenSourceOptions {
  /** How it is written. @default {"auto"} */
  readonly format?: FileFormat;
  /** How times are written. @default {{}} */
  readonly timestamps?: TimestampOptions;
  /** The event time's field. @default {the form's} */
  readonly timestampField?: string | undefined;
  /** How the job's events look. @default {TAXI_FORM} */
  readonly form?: JobForm | undefined;
  /** Column names by field. @default {new Map()} */
  readonly mapping?: ReadonlyMap<string, string>;
  /** Points of taxi zones. */
  readonly zones?: ZoneTable | undefined;
  /** Gets what is no event; its owner closes it. */
  readonly deadLetters?: DeadLetterSink | undefined;
}

/**
 * Makes inputs a source.
 *
 * @throws {SyntaxError} When the times' format is no pattern.
 * @throws {RangeError} When there is no such time zone.
 */
export function openSource(
  inputs: Inputs,
  options: OpenSourceOptions = {},
): EventSource {
  const { format = "auto", timestamps = {}, mapping = new Map() } = options;
  return new InputSource({
    inputs,
    format,
    timestamps: new Timestamps(timestamps),
    timestampField: options.timestampField,
    form: options.form ?? TAXI_FORM,
    mapping,
    zones: options.zones,
    deadLetters: options.deadLetters,
  });
}

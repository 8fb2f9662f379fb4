/**
 * Durations and sizes as option values.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { parseDurationMs, parseSizeBytes } from "../../engine/units.ts";
import { remedyOf } from "./remedy.ts";

function parsed(parse: (text: string) => number, text: string): number {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidArgumentError(remedyOf(error));
  }
}

/**
 * Parses an option's duration, for `argParser()`.
 *
 * @param text Such as `200ms`, `5s` or `10m`.
 * @returns Milliseconds.
 * @throws {InvalidArgumentError} If it is none.
 */
export function durationOption(text: string): number {
  return parsed(parseDurationMs, text);
}

/**
 * Parses an option's size, for `argParser()`.
 *
 * @param text Such as `512KiB` or `5MiB`.
 * @returns Bytes.
 * @throws {InvalidArgumentError} If it is none.
 */
export function sizeOption(text: string): number {
  return parsed(parseSizeBytes, text);
}

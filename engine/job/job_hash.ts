/**
 * A job's text for hashing: the same for the same job, and not changed by what
 * later versions have added as long as that stands at its default.
 *
 * @module
 */
import type { JobSpec } from "./spec.ts";

/** A spec, or a part of one, as text. */
export function hashedText(spec: JobSpec): string {
  const { payload, ...others } = spec;
  const isPlain = payload.framing === "text" && payload.compression === "none";
  return JSON.stringify(isPlain ? others : spec);
}

/**
 * What a query's tallies depend on, as a hash: a query whose hash is unchanged
 * goes on with the windows of a checkpoint though the job has changed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { hashedText } from "./job_hash.ts";
import type { JobSpec } from "./spec.ts";

/** A query of a job and what it depends on. */
export interface QueryHash {
  readonly name: string;
  /** SHA-256, in hex. */
  readonly hash: string;
}

/** The queries of a job, in its order. */
export function queryHashes(spec: JobSpec): QueryHash[] {
  return spec.queries.map((query) => {
    const event = spec.events[query.event];
    const own = {
      ...spec,
      // Names don't change a tally.
      name: "",
      queries: [query],
      events: event === undefined ? {} : { [query.event]: event },
    };
    const hash = createHash("sha256").update(hashedText(own));
    return { name: query.name, hash: hash.digest("hex") };
  });
}

/**
 * What a query's tallies depend on, as a hash: a query whose hash is unchanged
 * goes on with the windows of a checkpoint though the job has changed.
 *
 * @module
 */
import { createHash } from "node:crypto";
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
    const own = {
      ...spec,
      // Names don't change a tally.
      name: "",
      queries: [query],
      events: { [query.event]: spec.events[query.event] },
    };
    const hash = createHash("sha256").update(JSON.stringify(own));
    return { name: query.name, hash: hash.digest("hex") };
  });
}

/**
 * What a run leaves behind: documents, dead letters, counts.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  accountedFor,
  type CountsStatus,
  type EngineStatus,
} from "../../engine/status/status.ts";
import {
  type Document,
  type Documents,
  parseNdjson,
} from "../judge/document.ts";
import type { JudgedCounts } from "../judge/judge.ts";

/** Documents of an NDJSON file, each once. */
export function ndjsonDocuments(path: string): Documents {
  return parseNdjson(readFileSync(path, "utf8"));
}

/** A line of a dead-letter file. */
export interface DeadLetterLine {
  readonly shard: string;
  readonly sequence: string;
  readonly subSequence: number;
  readonly reason: string;
  /** Base64. */
  readonly bytes: string;
}

/** The lines of a dead-letter file, in file order. */
export function deadLetters(path: string): DeadLetterLine[] {
  const text = readFileSync(path, "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as DeadLetterLine);
}

/** The status that `--summary FILE` leaves. */
export function summary(path: string): EngineStatus {
  return JSON.parse(readFileSync(path, "utf8")) as EngineStatus;
}

/** Counts in the judge's form, reasons that never came left out. */
export function comparableCounts(counts: CountsStatus): JudgedCounts {
  const filtered = Object.entries(counts.filtered).filter(([, n]) => n > 0);
  const { read, tallied, watermarksTaken, watermarksRefused } = counts;
  return {
    read,
    tallied,
    filtered: Object.fromEntries(filtered),
    watermarksTaken,
    watermarksRefused,
    dead: counts.dead,
    late: counts.late,
  };
}

/** Why counts don't add up, or `""`. */
export function unaccounted(counts: CountsStatus): string {
  const sum = accountedFor(counts);
  return sum === counts.read ? "" : `${sum} of ${counts.read} accounted for`;
}

/** Documents of an embedded store that nobody has open. */
export async function storedDocuments(path: string): Promise<Documents> {
  const instance = await DuckDBInstance.create(path, {
    access_mode: "READ_ONLY",
  });
  const connection = await instance.connect();
  const documents = new Map<string, Document>();
  for (const query of ["pickup_count", "trip_duration"]) {
    const rows = await connection.runAndReadAll(`select * from ${query}`);
    for (const row of rows.getRowObjectsJS()) {
      const fields = Object.entries(row).map(([name, value]) => [
        name,
        typeof value === "bigint" ? Number(value) : value,
      ]);
      const document = Object.fromEntries([["query", query], ...fields]);
      if (documents.has(document._id)) {
        throw new Error(`Cannot read store: ${document._id} is doubled`);
      }
      documents.set(document._id, document as Document);
    }
  }
  connection.closeSync();
  instance.closeSync();
  return documents;
}

/**
 * Answers of the SQL that is written from a job's description.
 *
 * @module
 */
import { DuckDBInstance } from "@duckdb/node-api";
import { type Documents, parseNdjson } from "../judge/document.ts";
import type { JobInput } from "./job_inputs.ts";

/** What a job's input gives. */
export interface JudgedJob {
  readonly documents: Documents;
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Asks the judge.
 *
 * @param input Whose SQL is asked.
 * @param path A file with events, one a line.
 */
export async function judgeJob(
  { sql }: JobInput,
  path: string,
): Promise<JudgedJob> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const [setup, documents, counts] = sql(path);
  await connection.run(setup);
  const lines = await connection.runAndReadAll(documents);
  const count = await connection.runAndReadAll(counts);
  connection.closeSync();
  instance.closeSync();
  const text = lines.getRows().map(([line]) => `${String(line)}\n`);
  return {
    documents: parseNdjson(text.join("")),
    counts: Object.fromEntries(
      count.getRows().map(([name, n]) => [String(name), Number(n)]),
    ),
  };
}

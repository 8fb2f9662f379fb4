/**
 * The JSON Schema of job files, for editors. `job.schema.json` beside this file
 * is its text, published with the package.
 *
 * @module
 */
import { z } from "zod";
import { JOB_FILE_SCHEMA } from "./job_file_schema.ts";

/** The schema as the text of a file. */
export function jobSchemaText(): string {
  const { $schema, ...schema } = z.toJSONSchema(JOB_FILE_SCHEMA, {
    io: "input",
    reused: "inline",
    // Draft 7 is what all editors understand.
    target: "draft-7",
  });
  const titled = {
    $schema,
    title: "Flagdrop job",
    description:
      "A job of Flagdrop: what is read from events, and what is tallied.",
    ...schema,
  };
  return `${JSON.stringify(titled, undefined, 2)}\n`;
}

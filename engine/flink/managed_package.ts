/**
 * A translated job as Managed Service for Apache Flink takes it: a Python
 * application that runs the statements, as a zip archive.
 *
 * @module
 */
import { storedZip, type ZipFile } from "./stored_zip.ts";
import type { FlinkSql } from "./translate.ts";

const CONNECTORS_JAR = "lib/connectors.jar";

/** The property group that tells the service what of the archive to run. */
export const RUN_OPTIONS = {
  group: "kinesis.analytics.flink.run.options",
  properties: { python: "main.py", jarfile: CONNECTORS_JAR },
} as const;

/** The service sets these itself, by its own configuration. */
const OWN_SETTINGS: readonly string[] = [
  "execution.checkpointing.interval",
  "parallelism.default",
];

const MAIN_PY = `"""Runs the statements beside this file as one job."""

import json
import os

from pyflink.table import EnvironmentSettings, TableEnvironment


def main():
    folder = os.path.dirname(os.path.realpath(__file__))
    with open(os.path.join(folder, "statements.json"), encoding="utf-8") as file:
        job = json.load(file)
    environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    for key, value in job["settings"].items():
        environment.get_config().set(key, value)
    for statement in job["definitions"]:
        environment.execute_sql(statement)
    inserts = environment.create_statement_set()
    for insert in job["inserts"]:
        inserts.add_insert_sql(insert)
    inserts.execute()


if __name__ == "__main__":
    main()
`;

const README = `main.py runs statements.json; statements.sql is the same for people.
application_properties.json has the property group to give the application.
${CONNECTORS_JAR} must be one jar with the SQL connectors for Kinesis and
OpenSearch that fit the application's Flink version: the service takes one jar.
`;

/**
 * Makes the archive.
 *
 * @param sql The job.
 * @param connectors One jar with its connectors, if it is at hand.
 */
export function managedPackage(sql: FlinkSql, connectors?: Uint8Array): Buffer {
  const settings = Object.fromEntries(
    Object.entries(sql.settings).filter(([key]) => !OWN_SETTINGS.includes(key)),
  );
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  const texts = {
    "main.py": MAIN_PY,
    "statements.json": json({
      settings,
      definitions: sql.definitions,
      inserts: sql.queries.map(({ insert }) => insert),
    }),
    "statements.sql": sql.script,
    "application_properties.json": json([
      {
        PropertyGroupId: RUN_OPTIONS.group,
        PropertyMap: RUN_OPTIONS.properties,
      },
    ]),
    "README.txt": README,
  };
  const files: ZipFile[] = Object.entries(texts).map(([name, text]) => ({
    name,
    bytes: Buffer.from(text),
  }));
  if (connectors !== undefined) {
    files.push({ name: CONNECTORS_JAR, bytes: connectors });
  }
  return storedZip(files);
}

/**
 * Connectors that Flink doesn't bring along: which artefact has them, which
 * version fits, and which versions are known to lose records.
 *
 * @module
 */
import { FlagdropError } from "../../errors.ts";

/** An artefact of a connector for the Flink versions that begin so. */
interface Artefact {
  readonly flink: RegExp;
  readonly artefact: string;
}

const ARTEFACTS: Readonly<Record<string, readonly Artefact[]>> = {
  kinesis: [
    {
      flink: /^2\./,
      artefact:
        "org.apache.flink:flink-sql-connector-aws-kinesis-streams:6.0.0-2.0",
    },
    {
      flink: /^1\.20/,
      artefact:
        "org.apache.flink:flink-sql-connector-aws-kinesis-streams:5.1.0-1.20",
    },
    {
      flink: /^1\.19/,
      artefact:
        "org.apache.flink:flink-sql-connector-aws-kinesis-streams:5.0.0-1.19",
    },
  ],
  "kinesis-legacy": [
    {
      flink: /^1\.(19|20)/,
      artefact: "org.apache.flink:flink-sql-connector-kinesis:5.0.0-1.20",
    },
  ],
  "opensearch-2": [
    {
      flink: /^1\.(19|20)/,
      artefact: "org.apache.flink:flink-sql-connector-opensearch2:2.0.0-1.19",
    },
  ],
};

const MISSING_REGEXP = /Could not find any factory for identifier '([^']+)'/;

/** The AWS connectors' jars, with their version. */
const AWS_JAR_REGEXP =
  /flink-(?:sql-)?connector-(?:aws-kinesis-streams|kinesis)-(\d+\.\d+\.\d+)(?:-\d+\.\d+)?\.jar/;

/**
 * The connector that a refusal says is missing, as an error that names the
 * artefact; undefined when it says something else.
 *
 * @param answer The gateway's answer.
 * @param flinkVersion The cluster's version.
 */
export function missingConnector(
  answer: string,
  flinkVersion: string,
): FlagdropError | undefined {
  const [, connector] = MISSING_REGEXP.exec(answer) ?? [];
  if (connector === undefined) return undefined;
  const known = ARTEFACTS[connector];
  const fitting = known?.find(({ flink }) => flink.test(flinkVersion));
  const others = known?.map(({ artefact }) => artefact).join(", ");
  const remedy =
    fitting !== undefined
      ? `put the jar of ${fitting.artefact} into lib/ of JobManager, TaskManagers and gateway, and restart them`
      : others !== undefined
        ? `none is known for this version, there is ${others}`
        : "put its jar into lib/";
  return new FlagdropError(
    "FD_SERVICE",
    `Cannot submit job as Flink ${flinkVersion} has no connector "${connector}": ${remedy}`,
    { domain: "user" },
  );
}

function isBelow(version: string, least: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of least.entries()) {
    const part = parts[i] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}

/**
 * What is known to go wrong with the connectors on a classpath, one line each.
 *
 * @param classpath Paths of jars, in any form.
 */
export function connectorWarnings(classpath: readonly string[]): string[] {
  const warnings: string[] = [];
  const jars = classpath.flatMap((path) => path.split(":"));
  for (const jar of new Set(jars)) {
    const [name, version] = AWS_JAR_REGEXP.exec(jar) ?? [];
    if (name === undefined || version === undefined) continue;
    const isSource = !isBelow(version, [5, 0, 0]);
    if (isSource && isBelow(version, [5, 1, 0])) {
      warnings.push(
        `${name} loses records when a job is restarted from a snapshot taken while a shard was split or merged (FLINK-37627): use 5.1.0 or later`,
      );
    }
  }
  return warnings;
}

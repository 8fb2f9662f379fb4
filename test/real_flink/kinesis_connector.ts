/**
 * Flink's connector for Kinesis as one jar that SQL can use.
 *
 * The SQL jars of the connectors can't be had here. The DataStream connector
 * that can, 4.3.0, is whole in one jar and has the table source too, the one
 * that 5.0 calls `kinesis-legacy`; 4.3.0 calls it `kinesis`. A class of four
 * lines gives it the later name, and nothing else.
 */
import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { FLINK_CACHE, mavenJar } from "../../perf/peers/flink_home.ts";

const run = promisify(execFile);

const VERSION = "4.3.0-1.19";

const FACTORY = `package flagdrop;

public class LegacyName
    extends org.apache.flink.streaming.connectors.kinesis.table.KinesisDynamicTableFactory {
  @Override public String factoryIdentifier() { return "kinesis-legacy"; }
}
`;

/** What the connector's client of AWS uses and the jar hasn't in it. */
const LIBRARIES = [
  "commons-logging:commons-logging:1.2",
  "commons-codec:commons-codec:1.15",
  "joda-time:joda-time:2.10.5",
];

/**
 * The connector's jar and the libraries that it hasn't in it.
 *
 * @param home A distribution of Flink that it is compiled against.
 */
export async function kinesisConnectorJars(home: string): Promise<string[]> {
  const jars = [await connectorJar(home)];
  // One after the other: Maven's own cache is shared.
  for (const one of LIBRARIES) jars.push(await mavenJar(one, FLINK_CACHE));
  return jars;
}

async function connectorJar(home: string): Promise<string> {
  const jar = join(FLINK_CACHE, `kinesis-legacy-${VERSION}.jar`);
  if (existsSync(jar)) return jar;
  const connector = await mavenJar(
    `org.apache.flink:flink-connector-kinesis:${VERSION}`,
    FLINK_CACHE,
  );
  const folder = mkdtempSync(join(FLINK_CACHE, "connector-"));
  try {
    const source = join(folder, "LegacyName.java");
    writeFileSync(source, FACTORY);
    const services = join(folder, "META-INF", "services");
    mkdirSync(services, { recursive: true });
    writeFileSync(
      join(services, "org.apache.flink.table.factories.Factory"),
      "flagdrop.LegacyName\n",
    );
    const libraries = readdirSync(join(home, "lib")).map((name) =>
      join(home, "lib", name),
    );
    await run("javac", [
      ...["--release", "11", "-d", folder],
      ...["-cp", [connector, ...libraries].join(":"), source],
    ]);
    const made = join(folder, "made.jar");
    copyFileSync(connector, made);
    await run("jar", [
      ...["uf", made],
      ...["-C", folder, "flagdrop"],
      ...["-C", folder, "META-INF/services"],
    ]);
    renameSync(made, jar);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return jar;
}

/**
 * Distributions of Flink, made of packages once, under `.cache/flink`: PyPI's
 * two packages have its scripts, libraries and configuration, Maven the SQL
 * gateway's jar. Both come by the tools' own settings.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The version that is tested against. */
export const FLINK_VERSION = "2.3.0";

/**
 * The one that a connector for Kinesis is served for, and that the managed
 * service runs (`FLINK-1_20`); of 1.20 the newest with a served SQL gateway.
 */
export const FLINK_1_VERSION = "1.20.3";

/** The project's folder: the compiled suite is one deeper than its source. */
const ROOT = new URL(
  import.meta.url.endsWith(".ts") ? "../../" : "../../../",
  import.meta.url,
);
/** Where all of it is kept. */
export const FLINK_CACHE: string = fileURLToPath(new URL(".cache/flink", ROOT));
const INSTALL_MS_MAX = 600_000;

/** Copies an artefact of Maven's to a folder, unless it is there. */
export async function mavenJar(
  artefact: string,
  folder: string,
): Promise<string> {
  const [, name = "", version = ""] = artefact.split(":");
  const path = join(folder, `${name}-${version}.jar`);
  if (!existsSync(path)) {
    await run(
      "mvn",
      [
        ...["-q", "-B", "dependency:copy"],
        `-Dartifact=${artefact}`,
        `-DoutputDirectory=${folder}`,
      ],
      { timeout: INSTALL_MS_MAX },
    );
  }
  return path;
}

/** Where Flink is; installs it when it is not there. */
export async function flinkHome(version: string): Promise<string> {
  const folder = join(FLINK_CACHE, version);
  const home = join(folder, "pyflink");
  const bin = join(home, "bin");
  if (!existsSync(bin)) {
    await run(
      "python3",
      [
        ...["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"],
        ...["--target", folder],
        ...["apache-flink", "apache-flink-libraries"].map(
          (name) => `${name}==${version}`,
        ),
      ],
      { timeout: INSTALL_MS_MAX },
    );
  }
  await mavenJar(
    `org.apache.flink:flink-sql-gateway:${version}`,
    join(home, "opt"),
  );
  const scripts = readdirSync(bin).filter((name) => name.endsWith(".sh"));
  await Promise.all(
    [...scripts, "flink"].map((name) => chmod(join(bin, name), 0o755)),
  );
  return home;
}

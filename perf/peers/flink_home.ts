/**
 * A distribution of Flink, made of packages once, under `.cache/flink`: PyPI's
 * two wheels have its scripts, libraries and configuration, Maven the SQL
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

/** The project's folder: the compiled suite is one deeper than its source. */
const ROOT = new URL(
  import.meta.url.endsWith(".ts") ? "../../" : "../../../",
  import.meta.url,
);
const FOLDER = fileURLToPath(new URL(`.cache/flink/${FLINK_VERSION}`, ROOT));
const HOME = join(FOLDER, "pyflink");
const GATEWAY = `flink-sql-gateway-${FLINK_VERSION}.jar`;
const INSTALL_MS_MAX = 600_000;

/** Where Flink is; installs it when it is not there. */
export async function flinkHome(): Promise<string> {
  const bin = join(HOME, "bin");
  if (!existsSync(bin)) {
    await run(
      "python3",
      [
        ...["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"],
        ...["--target", FOLDER, "--only-binary", ":all:"],
        ...["apache-flink", "apache-flink-libraries"].map(
          (name) => `${name}==${FLINK_VERSION}`,
        ),
      ],
      { timeout: INSTALL_MS_MAX },
    );
  }
  if (!existsSync(join(HOME, "opt", GATEWAY))) {
    await run(
      "mvn",
      [
        ...["-q", "-B", "dependency:copy"],
        `-Dartifact=org.apache.flink:flink-sql-gateway:${FLINK_VERSION}`,
        `-DoutputDirectory=${join(HOME, "opt")}`,
      ],
      { timeout: INSTALL_MS_MAX },
    );
  }
  const scripts = readdirSync(bin).filter((name) => name.endsWith(".sh"));
  await Promise.all(scripts.map((name) => chmod(join(bin, name), 0o755)));
  return HOME;
}

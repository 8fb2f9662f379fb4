/**
 * Compiles the job for Apache Flink, by Maven. What it needs comes from Maven
 * Central the first time, about 130 MB, and is kept under `.cache/flink`.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const JAVA_MIN = 17;
/** Of Maven: Flink's jars by a slow line. */
const BUILD_TIMEOUT_MS = 1_200_000;

const ERROR_LINES_MAX = 2;

/** The project's folder: the compiled suite is one deeper than its source. */
const ROOT = new URL(
  import.meta.url.endsWith(".ts") ? "../../" : "../../../",
  import.meta.url,
);
const PROJECT = fileURLToPath(new URL("perf/peers/flink", ROOT));
const CACHE = fileURLToPath(new URL(".cache/flink", ROOT));

/** Where the job's classes are. */
export const FLINK_CLASSES: string = `${CACHE}/target/classes`;
/** A file that holds the rest of the classpath. */
export const FLINK_CLASSPATH_FILE: string = `${CACHE}/classpath`;

/** The same with Flink's connectors for Kinesis and OpenSearch. */
export const FLINK_KINESIS_CLASSES: string = `${CACHE}/target-kinesis/classes`;
/** A file that holds the rest of that classpath. */
export const FLINK_KINESIS_CLASSPATH_FILE: string = `${CACHE}/classpath-kinesis`;

/** What is missing for Flink, as a sentence; empty when nothing is. */
export async function missingForFlink(): Promise<string> {
  let java: string;
  try {
    java = (await run("java", ["-version"])).stderr;
  } catch {
    return `java isn't there: install Java ${JAVA_MIN}`;
  }
  const version = Number(/version "(\d+)/.exec(java)?.[1]);
  if (!(version >= JAVA_MIN)) {
    return `java is of version ${version}: install Java ${JAVA_MIN}`;
  }
  return run("mvn", ["-version"]).then(
    () => "",
    () => "mvn isn't there: install Maven",
  );
}

/** What is compiled: the peer in memory, or the one on Kinesis too. */
interface FlinkBuild {
  readonly profile: string;
  readonly classpathFile: string;
}

const IN_MEMORY: FlinkBuild = {
  profile: "!kinesis",
  classpathFile: FLINK_CLASSPATH_FILE,
};
const ON_KINESIS: FlinkBuild = {
  profile: "kinesis",
  classpathFile: FLINK_KINESIS_CLASSPATH_FILE,
};

async function maven(
  { profile, classpathFile }: FlinkBuild,
  options: readonly string[],
): Promise<void> {
  await run(
    "mvn",
    [
      ...["--quiet", "--batch-mode", ...options],
      `-Dmaven.repo.local=${CACHE}/m2`,
      `--activate-profiles=${profile}`,
      ...["compile", "dependency:build-classpath"],
      `-Dmdep.outputFile=${classpathFile}`,
    ],
    { cwd: PROJECT, timeout: BUILD_TIMEOUT_MS },
  );
}

/** The first lines of what Maven, which writes to its output, has against it. */
function reasonOf(error: unknown): string {
  const { stdout = "" } = error as { stdout?: string };
  const lines = stdout.split("\n").filter((line) => line.includes("[ERROR]"));
  return lines.slice(0, ERROR_LINES_MAX).join(" ") || String(error);
}

/**
 * Compiles what has changed; asks the net only for what isn't there.
 *
 * @param from What it is to read: records in memory, or a stream.
 */
export async function buildFlink(
  from: "memory" | "kinesis" = "memory",
): Promise<void> {
  const build = from === "memory" ? IN_MEMORY : ON_KINESIS;
  mkdirSync(CACHE, { recursive: true });
  if (existsSync(build.classpathFile)) {
    try {
      await maven(build, ["--offline"]);
      return;
    } catch {
      // Another version is asked for than was kept.
    }
  }
  try {
    await maven(build, []);
  } catch (error) {
    throw new Error(`Cannot compile the job for Flink: ${reasonOf(error)}`);
  }
}

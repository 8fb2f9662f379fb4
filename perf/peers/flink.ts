/**
 * The job on Apache Flink: a cluster in one JVM, which reads the round's files
 * into its memory off the clock and runs one job on, round after round.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RoundFiles } from "../memory/round_files.ts";
import { TripStream, type TripStreamOptions } from "../memory/trip_stream.ts";
import type { RoundFigures } from "../suite/meter.ts";
import type { RoundRunner } from "../suite/round_engine.ts";
import { digestOf } from "../suite/watched_sink.ts";
import { FLINK_CLASSES, FLINK_CLASSPATH_FILE } from "./flink_build.ts";

const HEAP_MAX = "4g";
/** What Flink's libraries reach into. */
export const OPENED_PACKAGES: readonly string[] = [
  ...["java.io", "java.lang", "java.lang.invoke", "java.lang.reflect"],
  ...["java.net", "java.nio", "java.text", "java.time", "java.util"],
  ...["java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch"],
];

/** Options for {@linkcode startFlink}. */
export interface FlinkOptions extends TripStreamOptions {
  /** As the original has it, with its checkpoints; or by all means. */
  readonly way: "original" | "tuned";
  /** Tasks of a kind side by side. */
  readonly parallelism: number;
}

/** What the JVM answers. */
type FlinkFigures = Pick<RoundFigures, "wallMs" | "cpuMs" | "documents">;

/** A JVM that answers line by line. */
class Jvm {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(
    { way, parallelism }: FlinkOptions,
    { folder, paths }: RoundFiles,
  ) {
    const classpath = readFileSync(FLINK_CLASSPATH_FILE, "utf8").trim();
    this.#child = spawn(
      "java",
      [
        ...[`-Xmx${HEAP_MAX}`, `-Djava.io.tmpdir=${folder}`],
        ...OPENED_PACKAGES.map(
          (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
        ),
        ...["-cp", `${FLINK_CLASSES}:${classpath}`, "flagdrop.peer.Main"],
        ...[way, String(parallelism), folder, ...paths],
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const lines = createInterface({ input: this.#child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
    // Before the files go, which it would still write to.
    process.prependOnceListener("exit", () => this.kill());
  }

  async ask(question: string): Promise<FlinkFigures> {
    this.#child.stdin.write(`${question}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("Cannot measure Flink as it has ended");
    return JSON.parse(value) as FlinkFigures;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Runs the job in rounds, as the engine is run. */
export async function startFlink(options: FlinkOptions): Promise<RoundRunner> {
  const stream = new TripStream(options);
  const files = new RoundFiles(stream);
  const jvm = new Jvm(options, files);
  const documentsPath = join(files.folder, "documents.jsonl");
  const digest = () => {
    const lines = readFileSync(documentsPath, "utf8").trim().split("\n");
    rmSync(documentsPath);
    // A double is 15.0 in Java and 15 in JavaScript.
    return digestOf(lines.map((line) => JSON.stringify(JSON.parse(line))));
  };
  return {
    async round(digests) {
      stream.prepare();
      files.write();
      const figures = await jvm.ask(`${stream.closedMs} ${digests}`);
      return {
        ...figures,
        mainCpuMs: Number.NaN,
        rssBytes: Number.NaN,
        events: stream.recordCount,
        digest: digests ? digest() : "",
      };
    },
    async close() {
      jvm.kill();
      files.remove();
    },
  };
}

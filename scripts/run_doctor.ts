/**
 * What `flagdrop doctor` does once its options are read.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { openObjects } from "../engine/checkpoint/open_store.ts";
import { machineHost } from "../engine/coordinator/engine_host.ts";
import { FlagdropError } from "../engine/errors.ts";
import { planJob } from "../engine/job/plan.ts";
import { parseSinks } from "../engine/sink/open_sink.ts";
import type { Source } from "../engine/source.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import type { CommandContext } from "./context.ts";
import { checkClock } from "./doctor/check_clock.ts";
import { checkNode, checkOpenFiles } from "./doctor/check_machine.ts";
import { checkFile } from "./doctor/check_place.ts";
import { checkSink } from "./doctor/check_sinks.ts";
import { checkStore } from "./doctor/check_store.ts";
import { checkCredentials, checkStream } from "./doctor/check_stream.ts";
import { type Finding, failed, ok } from "./doctor/finding.ts";
import { s3ConnectionFrom } from "./options/connection.ts";
import { jobFrom } from "./options/job_option.ts";
import { opensearchSettings } from "./options/opensearch_options.ts";
import { sourceFrom } from "./options/source_option.ts";
import { withTimeOptions } from "./options/time_options.ts";

const SINK_DEFAULT = "duckdb:flagdrop.duckdb";

/** Where the kernel says what this process may have. */
const LIMITS_FILE = "/proc/self/limits";

async function checkJob(options: DoctorOptions): Promise<Finding> {
  try {
    const spec = withTimeOptions(await jobFrom(options), options);
    planJob(spec);
    return ok("job", `"${spec.name}", ${spec.queries.length} queries`);
  } catch (error) {
    return failed("job", error);
  }
}

/** Credentials, clock and stream; files are only looked up. */
async function checkSource(
  source: Source,
  options: DoctorOptions,
): Promise<Finding[]> {
  if (source.type === "files") {
    return [ok("source", `${source.paths.length} files`)];
  }
  const { clock, random } = machineHost;
  const { connection, stream } = source;
  const { consumer } = options;
  const credentials = await checkCredentials({ connection, clock });
  const time = await checkClock(connection, clock);
  // Without credentials each call would fail with the same words.
  if (credentials.status === "wrong") return [credentials, time];
  const question = { connection, stream, consumer, clock, random };
  return [credentials, time, ...(await checkStream(question))];
}

async function checkSinks(
  source: Source,
  options: DoctorOptions,
): Promise<Finding[]> {
  const kinesis = source.type === "kinesis" ? source.connection : undefined;
  const findings: Finding[] = [];
  for (const address of parseSinks(options.sink ?? [SINK_DEFAULT])) {
    const settings =
      address.kind === "opensearch"
        ? await opensearchSettings(address.urls, options, { kinesis })
        : undefined;
    findings.push(...(await checkSink(address, settings, machineHost.clock)));
  }
  return findings;
}

async function examine(options: DoctorOptions): Promise<Finding[]> {
  const limits = await readFile(LIMITS_FILE, "utf8").catch(() => "");
  const source = await sourceFrom(options);
  const kinesis = source.type === "kinesis" ? source.connection : undefined;
  const findings = [
    checkNode(process.versions.node),
    checkOpenFiles(limits),
    await checkJob(options),
    ...(await checkSource(source, options)),
    ...(await checkSinks(source, options)),
    await checkFile("dead letters", options.deadLetters),
  ];
  const { checkpoint } = options;
  if (checkpoint !== undefined) {
    findings.push(
      await checkStore(
        () => openObjects(checkpoint, () => s3ConnectionFrom(options, kinesis)),
        `${process.pid}-${Math.floor(machineHost.random() * 1e9)}`,
      ),
    );
  }
  return findings;
}

/** `ok      stream  …`, and below it what to do. */
function lines(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .map(({ check, status, detail, fix }) => {
      const line = `${status.padEnd(7)}  ${check.padEnd(width)}  ${detail}\n`;
      const indent = " ".repeat(9 + width + 2);
      return fix === "" ? line : `${line}${indent}fix: ${fix}\n`;
    })
    .join("");
}

/**
 * Checks everything that the options name, and prints a line for each.
 *
 * @throws {FlagdropError} When something is wrong, with the first one's code.
 */
export async function runDoctor(
  options: DoctorOptions,
  { stdout }: CommandContext,
): Promise<void> {
  const findings = await examine(options);
  const bad = findings.filter(({ status }) => status === "wrong");
  stdout.write(
    options.json
      ? `${JSON.stringify({ ok: bad.length === 0, findings }, undefined, 2)}\n`
      : lines(findings),
  );
  const [first] = bad;
  if (first === undefined) return;
  // Bad options end with another code: here all of them could be read.
  const code =
    first.code === "" || first.code === "FD_OPTION" ? "FD_LIMIT" : first.code;
  throw new FlagdropError(
    code,
    `Cannot start a run as ${bad.length} of ${findings.length} checks failed (${bad.map(({ check }) => check).join(", ")}): see the fixes above`,
    { domain: "user" },
  );
}

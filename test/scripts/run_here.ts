/**
 * Runs the command line in this process: what it prints, and how it would end.
 *
 * @module
 */
import { type ProgramOptions, runProgram } from "../../scripts/program.ts";
import { MemoryOutput } from "./memory_output.ts";

/** How a command line ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line.
 *
 * @param argv As after `flagdrop`.
 * @param env Variables that it sees.
 */
export async function runHere(
  argv: readonly string[],
  env: ProgramOptions["env"] = {},
): Promise<Outcome> {
  const stdout = new MemoryOutput();
  const stderr = new MemoryOutput();
  const exitCode = await runProgram({
    argv,
    env,
    stdout,
    stderr,
    signals: { start: () => new AbortController().signal, stop() {} },
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

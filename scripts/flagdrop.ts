#!/usr/bin/env node
/**
 * The `flagdrop` command.
 *
 * @module
 */
import { runProgram } from "./program.ts";
import { processSignals } from "./stop_signals.ts";

/** A handle left open by a library must not hold a finished command longer. */
const LINGER_MS = 2_000;

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: processSignals(),
});
setTimeout(() => process.exit(), LINGER_MS).unref();

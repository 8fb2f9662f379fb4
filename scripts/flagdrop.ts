#!/usr/bin/env node
/**
 * The `flagdrop` command.
 *
 * @module
 */
import nodeModule from "node:module";
import { boundHeapGrowth } from "./bound_heap_growth.ts";

/** A handle left open by a library must not hold a finished command longer. */
const LINGER_MS = 2_000;

boundHeapGrowth();
// From Node 22 on: compiled code is kept for the next start.
const { enableCompileCache } = nodeModule as {
  readonly enableCompileCache?: () => unknown;
};
enableCompileCache?.();
const [{ runProgram }, { processSignals }] = await Promise.all([
  import("./program.ts"),
  import("./stop_signals.ts"),
]);

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: processSignals(),
});
setTimeout(() => process.exit(), LINGER_MS).unref();

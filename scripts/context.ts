/**
 * What a command is handed besides its options: where to write, and when to
 * stop.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Command } from "commander";
import type { Logger } from "pino";
import type { LogFormat, LogProblem } from "../engine/log.ts";
import type { Screen } from "./screen.ts";

/** Surroundings of one command. */
export interface CommandContext {
  /** Goes to standard error. */
  readonly log: Logger;
  readonly logFormat: LogFormat;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether both are a terminal, so that a live view has a place. */
  readonly isTerminal: boolean;
  /** Keeps log lines and a live view from writing over each other. */
  readonly screen: Screen;
  /** The newest warnings and errors, oldest first. */
  readonly problems: () => readonly LogProblem[];
  /** Aborted by the first SIGINT or SIGTERM: finish what is under way. */
  readonly signal: AbortSignal;
}

const CONTEXTS = new WeakMap<Command, CommandContext>();

function rootOf(command: Command): Command {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root;
}

/** Hands a context to a program and all its commands. */
export function setContext(program: Command, context: CommandContext): void {
  CONTEXTS.set(rootOf(program), context);
}

/** The context of the command that is running. */
export function contextOf(command: Command): CommandContext {
  const context = CONTEXTS.get(rootOf(command));
  assert(context !== undefined, "no command is running");
  return context;
}

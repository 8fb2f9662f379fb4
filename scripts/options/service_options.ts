/**
 * Options for an engine that nobody sits in front of: metrics, and notices
 * that its machine is about to be ended.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";

/** Values of the options that {@linkcode addServiceOptions} adds. */
export interface ServiceOptions {
  readonly emf?: string;
  readonly emfName: string;
  readonly emfLogGroup?: string;
  readonly emfShards: boolean;
  readonly watchTermination: boolean;
  readonly terminationHook?: string;
}

function emfOption(text: string): string {
  const isAddress = text.includes("://");
  if (text !== "" && !isAddress) return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "tcp:" && url.port !== "" && url.pathname === "") {
    return text;
  }
  throw new InvalidArgumentError("write tcp://HOST:PORT, a file or -");
}

function hookOption(text: string): string {
  if (/^[^/]+\/[^/]+$/.test(text)) return text;
  throw new InvalidArgumentError("write GROUP/HOOK");
}

/** Adds them. */
export function addServiceOptions(command: Command): Command {
  return command
    .option(
      "--emf <place>",
      "write metrics for CloudWatch (EMF) each minute: tcp://127.0.0.1:25888 for its agent, a file, or - (default: none)",
      emfOption,
    )
    .option(
      "--emf-name <name>",
      "the metrics' dimension Name, which tells runs apart",
      "flagdrop",
    )
    .option(
      "--emf-log-group <name>",
      "log group that an agent puts the metrics' lines in (default: the agent's)",
    )
    .option(
      "--emf-shards",
      "two more metrics for each shard, some 0.60 USD a month and shard",
      false,
    )
    .option(
      "--watch-termination",
      "on EC2: stop when the instance is about to be ended, as spot or by a lifecycle hook",
      false,
    )
    .option(
      "--termination-hook <group/hook>",
      "lifecycle action to complete once stopped (default: its time-out is waited for)",
      hookOption,
    );
}

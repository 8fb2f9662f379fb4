/**
 * Which options belong to which action of `flagdrop flink`.
 *
 * @module
 */
import type { Command } from "commander";
import { FlagdropError } from "../../engine/errors.ts";

const JOB_MANAGER = ["gateway", "jobmanager"];
const TRANSLATED = [
  ...["job", "zones", "stream", "connector", "endpoint", "from", "source"],
  ...["watch", "sink", "opensearchIndex", "opensearchUser"],
  ...["opensearchPassword", "mode", "parallelism", "checkpointInterval"],
  ...["idleTimeout", "watermarkDrift", "fromSavepoint", "s3Endpoint"],
  ...["region", "roleArn", "caFile"],
];

const USED: Readonly<Record<string, readonly string[]>> = {
  submit: [
    ...JOB_MANAGER,
    ...TRANSLATED,
    ...["flinkSavepoint", "detach", "print"],
  ],
  package: [...TRANSLATED, "jar"],
  status: JOB_MANAGER,
  savepoint: [...JOB_MANAGER, "target", "stop"],
  cancel: JOB_MANAGER,
  rescale: [...JOB_MANAGER, "parallelism", "detach"],
};

/**
 * Refuses options of the command line that an action has no use for. What the
 * environment or a file of settings says is for all commands, and stands.
 *
 * @throws {FlagdropError} `FD_OPTION` for the first of them.
 */
export function refuseUnusedOptions(action: string, command: Command): void {
  const used = USED[action] ?? [];
  const own = new Set(Object.values(USED).flat());
  for (const option of command.options) {
    const name = option.attributeName();
    if (!own.has(name) || used.includes(name)) continue;
    if (command.getOptionValueSource(name) !== "cli") continue;
    const actions = Object.keys(USED).filter((one) =>
      USED[one]?.includes(name),
    );
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot use ${option.long} with flink ${action}: leave it away, it is for ${actions.join(", ")}`,
      { domain: "user" },
    );
  }
}

/**
 * When the options of `flagdrop flink` have an effect: each belongs to some actions.
 *
 * @module
 */
import type { OptionUse } from "./unused_options.ts";

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

/** What an action makes of the options. */
export function flinkUses(action: string): OptionUse[] {
  const names = [...new Set(Object.values(USED).flat())];
  return names.map((name) => {
    const actions = Object.keys(USED).filter((one) =>
      USED[one]?.includes(name),
    );
    return {
      options: [name],
      isUsed: actions.includes(action),
      problem: `with flink ${action}: leave it away, it is for ${actions.join(", ")}`,
    };
  });
}

/**
 * `flagdrop flink`: the same job on a cluster of Apache Flink.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { contextOf } from "../context.ts";
import {
  addFlinkOptions,
  type FlinkOptions,
} from "../options/flink_options.ts";
import { flinkUses } from "../options/flink_uses.ts";
import { refuseUnusedOptions } from "../options/unused_options.ts";

const EXAMPLES = `
Examples:
  The taxi job over a file, to JSON lines, followed to its end:
    flagdrop flink submit --source file:trips.jsonl --sink file:out --gateway http://127.0.0.1:8083
  A job of one's own over a stream into OpenSearch, left to the cluster:
    flagdrop flink submit --job job.json --stream arn:aws:kinesis:eu-west-1:123456789012:stream/taxi --parallelism 32 --sink opensearch:https://HOST:9200 --detach
  What there is, and one of them:
    flagdrop flink status
    flagdrop flink status JOB
  Other numbers of tasks; a savepoint with which it ends; and on from there:
    flagdrop flink rescale JOB --parallelism 64
    flagdrop flink savepoint JOB --target s3://my-bucket/flink --stop
    flagdrop flink submit … --flink-savepoint s3://my-bucket/flink/savepoint-…
  An application for Managed Service for Apache Flink:
    flagdrop flink package taxi.zip --stream arn:… --sink opensearch:https://HOST --jar connectors.jar
  Where a run of Flagdrop stopped, with its own options:
    flagdrop flink submit --from-savepoint s3://my-bucket/taxi --stream arn:… --sink opensearch:https://HOST:9200
`;

/** What `flagdrop flink` can do. */
export const FLINK_ACTIONS = [
  "submit",
  "package",
  "status",
  "savepoint",
  "cancel",
  "rescale",
] as const;
/** One of {@linkcode FLINK_ACTIONS}. */
export type FlinkAction = (typeof FLINK_ACTIONS)[number];

/** The `flink` command. */
export function flinkCommand(): Command {
  const command = new Command("flink")
    .description("translate the job to Flink SQL, and run it on a cluster")
    .addArgument(
      new Argument("<action>", "what to do").choices([...FLINK_ACTIONS]),
    )
    .argument("[job]", "id of the job; for package, the archive to write");
  return addFlinkOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (action: FlinkAction, job: string | undefined) => {
      refuseUnusedOptions(command, flinkUses(action));
      const { runFlink } = await import("../run_flink.ts");
      const options = command.opts<FlinkOptions>();
      await runFlink({ action, job, options, context: contextOf(command) });
    });
}

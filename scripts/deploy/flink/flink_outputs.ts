/**
 * The Flink stack's outputs: the commands to run next.
 *
 * @module
 */
import { CfnOutput, Fn } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { FlinkConditions } from "./flink_parameters.ts";

const OF_APPLICATION =
  "--region ${AWS::Region} --application-name ${Application}";

const RESTORE = JSON.stringify({
  ApplicationRestoreConfiguration: {
    ApplicationRestoreType: "RESTORE_FROM_LATEST_SNAPSHOT",
  },
});

const SIXTEEN_TASKS = JSON.stringify({
  FlinkApplicationConfigurationUpdate: {
    ParallelismConfigurationUpdate: { ParallelismUpdate: 16 },
  },
});

function service(action: string, options = ""): string {
  const command = `aws kinesisanalyticsv2 ${action} ${OF_APPLICATION}`;
  return options === "" ? command : `${command} ${options}`;
}

/** The job of the stack's parameters as a package, where they want it. */
function packageCommand(conditions: FlinkConditions): string {
  const sink = Fn.conditionIf(
    conditions.hasOutput.logicalId,
    Fn.sub("file:s3://${OutputBucket}/${OutputPrefix}"),
    "opensearch:https://HOST --opensearch-user USER",
  ).toString();
  return Fn.join(" ", [
    Fn.sub("flagdrop flink package flink.zip --stream ${StreamArn}"),
    Fn.sub("--parallelism ${Parallelism} --jar connectors.jar --sink"),
    sink,
    Fn.sub("&& aws s3 cp flink.zip s3://${PackageBucket}/${PackageKey}"),
  ]);
}

/** Declares them. */
export function flinkOutputs(
  scope: Construct,
  conditions: FlinkConditions,
): void {
  const command = (id: string, description: string, value: string) =>
    new CfnOutput(scope, id, { description, value });
  command(
    "StartCommand",
    "What to run next: starts the job, as CloudFormation can't",
    Fn.sub(service("start-application")),
  );
  command(
    "StatusCommand",
    "Status, version and parallelism, or why it could not start",
    Fn.sub(
      service(
        "describe-application",
        "--query 'ApplicationDetail.[ApplicationStatus,ApplicationVersionId,ApplicationConfigurationDescription.FlinkApplicationConfigurationDescription.ParallelismConfigurationDescription]'",
      ),
    ),
  );
  command(
    "LogsCommand",
    "Follows its log",
    Fn.sub("aws logs tail ${Logs} --follow --region ${AWS::Region}"),
  );
  command(
    "SnapshotCommand",
    "A snapshot, and the job goes on",
    Fn.sub(
      service(
        "create-application-snapshot",
        "--snapshot-name by-hand-$(date +%s)",
      ),
    ),
  );
  command(
    "StopCommand",
    "Ends the job with a snapshot",
    Fn.sub(service("stop-application")),
  );
  command(
    "RestartCommand",
    "Starts it from the last snapshot",
    Fn.sub(service("start-application", `--run-configuration '${RESTORE}'`)),
  );
  command(
    "RescaleCommand",
    "To 16 tasks, by a snapshot and a restart; the parameter Parallelism does the same, and stays",
    Fn.sub(
      service(
        "update-application",
        `--current-application-version-id $(${service("describe-application", "--query ApplicationDetail.ApplicationVersionId")}) --application-configuration-update '${SIXTEEN_TASKS}'`,
      ),
    ),
  );
  command(
    "PackageCommand",
    "Another job; then the parameter PackageVersion or another PackageKey",
    packageCommand(conditions),
  );
  command("ApplicationName", "The application", Fn.sub("${Application}"));
  command(
    "TearDownCommand",
    "Deletes all of it, the snapshots too; stream, package and documents stay",
    Fn.sub(
      "aws cloudformation delete-stack --region ${AWS::Region} --stack-name ${AWS::StackName}",
    ),
  );
}

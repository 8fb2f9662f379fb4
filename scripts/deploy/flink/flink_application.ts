/**
 * The application: package, parallelism, checkpoints, and its log.
 *
 * @module
 */
import { Aws, Fn, Validations } from "aws-cdk-lib";
import type { CfnRole } from "aws-cdk-lib/aws-iam";
import {
  CfnApplication,
  CfnApplicationCloudWatchLoggingOption,
} from "aws-cdk-lib/aws-kinesisanalyticsv2";
import { CfnLogGroup, CfnLogStream } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { RUN_OPTIONS } from "../../../engine/flink/managed_package.ts";
import type { FlinkConditions, FlinkParameters } from "./flink_parameters.ts";
import { LOG_STREAM_ARN } from "./flink_role.ts";

/** As long as the engine's. */
const LOG_DAYS = 14;

/** Least pause after a checkpoint, so that slow ones leave time to work. */
const CHECKPOINT_PAUSE_MS = 1_000;

/** What the application is made of. */
export interface FlinkApplicationParts {
  readonly given: FlinkParameters;
  readonly conditions: FlinkConditions;
  readonly role: CfnRole;
}

function flinkConfiguration({
  size,
}: FlinkParameters): CfnApplication.FlinkApplicationConfigurationProperty {
  return {
    parallelismConfiguration: {
      configurationType: "CUSTOM",
      parallelism: size.parallelism.valueAsNumber,
      parallelismPerKpu: size.perKpu.valueAsNumber,
      // Tasks without a shard hold the watermark, and scaling stops the job.
      autoScalingEnabled: false,
    },
    checkpointConfiguration: {
      configurationType: "CUSTOM",
      checkpointingEnabled: true,
      checkpointInterval: size.checkpointMs.valueAsNumber,
      minPauseBetweenCheckpoints: CHECKPOINT_PAUSE_MS,
    },
    monitoringConfiguration: {
      configurationType: "CUSTOM",
      logLevel: "INFO",
      metricsLevel: "APPLICATION",
    },
  };
}

function packageLocation({
  job,
}: FlinkParameters): CfnApplication.S3ContentLocationProperty {
  return {
    bucketArn: Fn.sub("arn:${AWS::Partition}:s3:::${PackageBucket}"),
    fileKey: job.key.valueAsString,
  };
}

/** Makes it; CloudFormation can't start it. */
export function flinkApplication(
  scope: Construct,
  { given, conditions, role }: FlinkApplicationParts,
): CfnApplication {
  const logs = new CfnLogGroup(scope, "Logs", { retentionInDays: LOG_DAYS });
  new CfnLogStream(scope, "LogStream", { logGroupName: logs.ref });
  const application = new CfnApplication(scope, "Application", {
    applicationDescription: "A job of Flagdrop, translated to Flink SQL",
    runtimeEnvironment: given.job.runtime.valueAsString,
    serviceExecutionRole: role.attrArn,
    applicationConfiguration: {
      applicationCodeConfiguration: {
        codeContentType: "ZIPFILE",
        codeContent: { s3ContentLocation: packageLocation(given) },
      },
      environmentProperties: {
        propertyGroups: [
          {
            propertyGroupId: RUN_OPTIONS.group,
            propertyMap: RUN_OPTIONS.properties,
          },
        ],
      },
      flinkApplicationConfiguration: flinkConfiguration(given),
      applicationSnapshotConfiguration: { snapshotsEnabled: true },
      applicationSystemRollbackConfiguration: { rollbackEnabled: true },
    },
  });
  application.addPropertyOverride(
    "ApplicationConfiguration.ApplicationCodeConfiguration.CodeContent.S3ContentLocation.ObjectVersion",
    Fn.conditionIf(
      conditions.hasVersion.logicalId,
      given.job.version.valueAsString,
      Aws.NO_VALUE,
    ),
  );
  Validations.of(application).acknowledge({
    id: "CloudFormation-Validate::W1030",
    reason: "An empty version is left away.",
  });
  new CfnApplicationCloudWatchLoggingOption(scope, "LoggingOption", {
    applicationName: application.ref,
    cloudWatchLoggingOption: { logStreamArn: Fn.sub(LOG_STREAM_ARN) },
  });
  return application;
}

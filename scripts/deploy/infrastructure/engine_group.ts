/**
 * The engine: one instance in an Auto Scaling group, made anew when it fails,
 * with a volume that outlives it.
 *
 * @module
 */
import { Aws, CfnDeletionPolicy, Duration, Fn } from "aws-cdk-lib";
import { CfnAutoScalingGroup } from "aws-cdk-lib/aws-autoscaling";
import { CfnLaunchTemplate, CfnVolume } from "aws-cdk-lib/aws-ec2";
import type { CfnInstanceProfile } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { accept } from "../policy.ts";
import type { Network } from "./network.ts";
import type { Conditions, Parameters } from "./parameters.ts";
import { GROUP_NAME, STACK_TAG } from "./roles.ts";
import { engineUserData } from "./user_data.ts";

/** Longer than the unit's TimeoutStopSec, and a spot notice at most. */
const HOOK_SECONDS = 120;

/** An instance is made, its package unpacked and the engine ready by then. */
const READY_MINUTES = 15;

const ROOT_DISK_GIB = 10;

/** What the group is made of. */
export interface EngineParts {
  readonly given: Parameters;
  readonly conditions: Conditions;
  readonly network: Network;
  readonly profile: CfnInstanceProfile;
  readonly volume: CfnVolume;
  readonly sink: string;
}

/** The engine's own disk: dead letters, and the store of Sink duckdb. */
export function stateVolume(
  scope: Construct,
  given: Parameters,
  { availabilityZone }: Pick<Network, "availabilityZone">,
): CfnVolume {
  const volume = new CfnVolume(scope, "StateVolume", {
    availabilityZone,
    volumeType: "gp3",
    size: given.engine.volume.valueAsNumber,
    encrypted: true,
    tags: [{ key: "Name", value: Fn.sub("${AWS::StackName}-state") }],
  });
  volume.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  volume.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  return volume;
}

/** What both kinds of instances have: IMDSv2 alone, an encrypted disk. */
export function launchTemplate(
  scope: Construct,
  id: string,
  data: CfnLaunchTemplate.LaunchTemplateDataProperty &
    Pick<EngineParts, "given">,
): CfnLaunchTemplate {
  const { given, ...rest } = data;
  return new CfnLaunchTemplate(scope, id, {
    launchTemplateData: {
      ...rest,
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: given.network.hopLimit.valueAsNumber,
      },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeSize: ROOT_DISK_GIB,
            volumeType: "gp3",
            encrypted: true,
            deleteOnTermination: true,
          },
        },
      ],
    },
  });
}

function engineTemplate(scope: Construct, parts: EngineParts) {
  const { given, conditions, network, profile, volume, sink } = parts;
  const name = Fn.sub(GROUP_NAME);
  const values = {
    StateVolumeId: volume.ref,
    SinkAddress: sink,
    ConsumerLine: Fn.conditionIf(
      conditions.hasConsumer.logicalId,
      Fn.sub('"consumer": "${ConsumerName}", '),
      "",
    ).toString(),
    ShardMetricsValue: Fn.conditionIf(
      conditions.hasShardMetrics.logicalId,
      "true",
      "false",
    ).toString(),
  };
  const { engine } = given;
  return launchTemplate(scope, "EngineTemplate", {
    given,
    imageId: Fn.conditionIf(
      conditions.engineIsArm.logicalId,
      engine.armImage.valueAsString,
      engine.intelImage.valueAsString,
    ).toString(),
    instanceType: engine.type.valueAsString,
    iamInstanceProfile: { arn: profile.attrArn },
    securityGroupIds: [network.securityGroup.attrGroupId],
    monitoring: { enabled: true },
    userData: engineUserData("EngineGroup", values),
    instanceMarketOptions: Fn.conditionIf(
      conditions.isSpot.logicalId,
      { MarketType: "spot" },
      Aws.NO_VALUE,
    ) as unknown as CfnLaunchTemplate.InstanceMarketOptionsProperty,
    tagSpecifications: [
      {
        resourceType: "instance",
        tags: [
          { key: "Name", value: name },
          { key: STACK_TAG, value: Aws.STACK_NAME },
        ],
      },
    ],
  });
}

/** Makes template, group and hook. */
export function engineGroup(
  scope: Construct,
  parts: EngineParts,
): CfnAutoScalingGroup {
  const template = engineTemplate(scope, parts);
  const name = Fn.sub(GROUP_NAME);
  const group = new CfnAutoScalingGroup(scope, "EngineGroup", {
    autoScalingGroupName: name,
    minSize: "1",
    maxSize: "1",
    desiredCapacity: "1",
    vpcZoneIdentifier: [parts.network.subnetId],
    healthCheckType: "EC2",
    healthCheckGracePeriod: 300,
    launchTemplate: {
      launchTemplateId: template.ref,
      version: template.attrLatestVersionNumber,
    },
    metricsCollection: [{ granularity: "1Minute" }],
    // Made with the group, so that the first instance has it too.
    lifecycleHookSpecificationList: [
      {
        lifecycleHookName: "stop",
        lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeatTimeout: HOOK_SECONDS,
        defaultResult: "CONTINUE",
      },
    ],
  });
  const timeout = Duration.minutes(READY_MINUTES).toIsoString();
  group.cfnOptions.creationPolicy = { resourceSignal: { count: 1, timeout } };
  // The volume and the stream's checkpoint have one owner: old first, then new.
  group.cfnOptions.updatePolicy = {
    autoScalingRollingUpdate: {
      minInstancesInService: 0,
      maxBatchSize: 1,
      waitOnResourceSignals: true,
      pauseTime: timeout,
      suspendProcesses: ["AZRebalance", "ScheduledActions"],
    },
  };
  accept(group, {
    AS3: "Who wants to hear of it has the alarm on missing metrics; each deployment would send four more.",
  });
  return group;
}
